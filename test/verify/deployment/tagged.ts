/** What happens in a stack that was deployed without a parameter: groups get the tag, lose it, and never had it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AddTagsCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RemoveTagsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { StateChangeEvent } from '../../../scripts/simulator/events.ts';
import { ACCOUNT_ID, type LiveAccount, REGION } from '../../../scripts/tools/emulators/account.ts';
import { waitUntil } from '../../../scripts/tools/emulators/wait.ts';
import type { Gate } from './gate.ts';
import type { Pipe } from './pipe.ts';

export interface TaggedScene {
  readonly account: LiveAccount;
  readonly gate: Gate;
  readonly pipe: Pipe;
  /** Where the host answers. */
  readonly host: string;
}

const LINE = 'service=app port=8080';
const KEY = 'alb-target-sync';
const TASKS = 3;
const GROUPS = 5;
const PATIENCE_MS = 120_000;
/** The schedule comes once a minute, and its pass takes its time. */
const SCHEDULE_PATIENCE_MS = 180_000;
/** So long nothing may happen where nothing is to happen. */
const STILL_MS = 2_000;

export class TaggedScenes {
  readonly #scene: TaggedScene;
  readonly #elb: ElasticLoadBalancingV2Client;
  readonly #groups: string[] = [];
  #tasks: readonly StateChangeEvent[] = [];

  constructor(scene: TaggedScene) {
    this.#scene = scene;
    const credentials = { accessKeyId: ACCOUNT_ID, secretAccessKey: 'simulated' };
    this.#elb = new ElasticLoadBalancingV2Client({ endpoint: scene.host, region: REGION, credentials });
  }

  /** Tasks run before any group is tagged; then five groups are, and the event of each tag comes to the bus. */
  async playTags(): Promise<string> {
    const { account, gate, pipe } = this.#scene;
    this.#tasks = await account.start(TASKS);
    await pipe.putOnBus(this.#tasks);
    for (let index = 0; index < GROUPS; index += 1) this.#groups.push(await this.#makeGroup(`tagged-${index}`));
    await sleep(STILL_MS);
    assert.equal(gate.allowed.includes('RegisterTargets'), false, 'nothing is tagged, and nothing is written');
    const startedAtMs = performance.now();
    for (const group of this.#groups) await pipe.putOnBus([await this.#tag(group, LINE)]);
    await waitUntil(`${GROUPS} groups are in step`, PATIENCE_MS, () => this.#groups.every((group) => this.#isInStep(group)));
    const tookMs = performance.now() - startedAtMs;
    assert.deepEqual(gate.denied, []);
    return `no parameter typed; ${GROUPS} groups tagged afterwards are in step with ${TASKS} tasks: ${(tookMs / 1_000).toFixed(1)} s`;
  }

  /** The function believes a group to be tagged, and IAM knows that it is not: the condition of the policy has the last word. */
  async playUntagged(): Promise<string> {
    const { account, gate, pipe } = this.#scene;
    const group = await this.#makeGroup('untagged');
    const denied = gate.denied.length;
    await pipe.putOnBus([account.tag(group, LINE)]);
    await waitUntil('the write is denied', PATIENCE_MS, () => gate.denied.length > denied);
    await sleep(STILL_MS);
    assert.deepEqual(new Set(gate.denied.slice(denied)), new Set(['RegisterTargets']), 'nothing else is denied');
    assert.deepEqual(account.registeredIn(group), []);
    account.tag(group);
    return 'a group without the tag cannot be written: RegisterTargets is denied by the condition of the policy';
  }

  async playLostEvent(): Promise<string> {
    const { pipe } = this.#scene;
    const group = await this.#makeGroup('unheard');
    await this.#tag(group, LINE);
    await pipe.switchSchedule(true);
    const tookMs = await waitUntil('the schedule finds the group', SCHEDULE_PATIENCE_MS, () => this.#isInStep(group));
    await pipe.switchSchedule(false);
    this.#groups.push(group);
    return `a tag of which no event tells is found by the schedule: ${(tookMs / 1_000).toFixed(1)} s`;
  }

  /** Whoever takes the tag off ends the management, and the targets stay. */
  async playTagTakenOff(): Promise<string> {
    const { account, gate, pipe } = this.#scene;
    const [released = '', ...kept] = this.#groups;
    const denied = gate.denied.length;
    await pipe.putOnBus([await this.#tag(released)]);
    const [last] = this.#tasks;
    assert(last !== undefined);
    // The event of the tag and that of the task may come in one batch, in which the bindings are read first.
    await pipe.putOnBus(await account.stop(last));
    const address = account.addressOf(last);
    await waitUntil('the target leaves the other groups', PATIENCE_MS, () =>
      kept.every((group) => !account.registeredIn(group).includes(address)),
    );
    await sleep(STILL_MS);
    assert(account.registeredIn(released).includes(address), 'nobody writes to a group without the tag');
    assert.equal(gate.denied.length, denied, 'nor tries to');
    return `a group that loses its tag keeps its ${account.registeredIn(released).length} targets; the other ${kept.length} follow their tasks`;
  }

  #isInStep(group: string): boolean {
    const { account } = this.#scene;
    return [...account.registeredIn(group)].sort().join() === account.serving.join();
  }

  /** The host has the group as well: its IAM has to know the tags of what is written. */
  async #makeGroup(Name: string): Promise<string> {
    const command = new CreateTargetGroupCommand({ Name, Protocol: 'HTTP', Port: 8080, TargetType: 'ip', VpcId: 'vpc-1' });
    const { TargetGroups = [] } = await this.#elb.send(command);
    const arn = TargetGroups[0]?.TargetGroupArn;
    assert(arn !== undefined);
    this.#scene.account.addGroup(arn);
    return arn;
  }

  async #tag(group: string, line?: string): Promise<ReturnType<LiveAccount['tag']>> {
    const ResourceArns = [group];
    if (line === undefined) await this.#elb.send(new RemoveTagsCommand({ ResourceArns, TagKeys: [KEY] }));
    else await this.#elb.send(new AddTagsCommand({ ResourceArns, Tags: [{ Key: KEY, Value: line }] }));
    return this.#scene.account.tag(group, line);
  }
}
