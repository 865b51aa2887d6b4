/** The services of whose tasks ECS itself keeps targets in the group. */
import { describe, expect, it } from 'vitest';
import { TaskReader } from '../../functions/app/read-snapshot.ts';
import { GroupRecord } from '../../functions/app/record.ts';
import { Strangers } from '../../functions/app/strangers.ts';
import type { DescribedService } from '../../functions/core/configuration.ts';
import { lateOf, searchOwners } from '../support/pass-parts.ts';
import { boundGroup, contextOf, RUNNING, worldOf } from '../support/passes.ts';
import { fails, ok, page, START_MS } from '../support/ports.ts';
import { aService, aSnapshot, clusterArn, groupArn, stoppedTask, target } from '../support/values.ts';

const QUARTER_HOUR_MS = 900_000;
/** Descriptions wait so long for others to share their call. */
const GATHER_MS = 10;

describe('the services of whose tasks ECS itself keeps targets', () => {
  const PROD = clusterArn();
  const TEST = clusterArn('test');
  const names = (items: readonly string[]) => ok({ items, nextToken: undefined });
  const native = (name: string, ...groups: readonly string[]) => aService(name, { targetGroups: groups });

  /** An ECS with these services in every cluster. */
  function serving(...services: readonly DescribedService[]) {
    const fake = worldOf({});
    fake.answers.ListServices = () => names(services.map(({ name }) => name));
    fake.answers.DescribeServices = ({ names: asked }) => ok(services.filter(({ name }) => asked.includes(name)));
    return { fake, context: contextOf(fake) };
  }

  it('are read of the clusters that the group is bound to, by group', async () => {
    const { context } = serving(native('api', groupArn(), groupArn('other')), native('app'), native('job', groupArn()));
    expect(await searchOwners(context)).toMatchObject({ failures: [] });
    const [api, job] = ['api', 'job'].map((name) => ({ kind: 'service', cluster: PROD, name }));
    const services = new Map([
      [groupArn(), [api, job]],
      [groupArn('other'), [api]],
    ]);
    expect(context.cache.natives).toEqual(new Map([[PROD, { atMs: START_MS + GATHER_MS, services }]]));
  });

  it.each([
    ['healthy', 1],
    ['unhealthy', 0],
    ['initial', 0],
  ])('are worth a read where an unexplained target is %s: %i', async (state, calls) => {
    const { fake, context } = serving();
    // A healthy target of ours is no reason.
    context.cache.learn(RUNNING, START_MS);
    fake.answers.ListTasks = ({ desired }) => page(desired === 'RUNNING' ? [RUNNING] : []);
    await searchOwners(context, [target('10.0.0.1'), target('10.0.0.9', state)]);
    expect(fake.inputs('ListServices')).toHaveLength(calls);
  });

  it.each([
    [QUARTER_HOUR_MS - 1, 1],
    [QUARTER_HOUR_MS, 2],
  ])('are read again after a quarter of an hour: %i ms after the first in all %i times', async (afterMs, times) => {
    const { fake, context } = serving();
    await searchOwners(context);
    fake.clock.nowMs = START_MS + afterMs;
    await searchOwners(context, [target('10.0.0.9'), target('10.0.0.8')]);
    expect(fake.inputs('ListServices')).toHaveLength(times);
  });

  it('are read of each cluster for itself: that one was read a moment ago says nothing of another', async () => {
    const { fake, context } = serving(native('api', groupArn()));
    const bindings = context.bound.bindings.map((each) => ({ ...each, selector: { ...each.selector, cluster: TEST } }));
    const far = { ...context, bound: { ...context.bound, bindings } };
    await searchOwners(context);
    await searchOwners(far, [target('10.0.0.8')]);
    expect(fake.inputs('ListServices').map((input) => JSON.stringify(input))).toEqual([
      JSON.stringify({ cluster: PROD }),
      JSON.stringify({ cluster: TEST }),
    ]);
    expect([...context.cache.natives.keys()]).toEqual([PROD, TEST]);
  });

  it('are a failure where they cannot be read, and are asked for again by the next search', async () => {
    for (const name of ['ListServices', 'DescribeServices'] as const) {
      const { fake, context } = serving(native('api', groupArn()));
      fake.answers[name] = () => fails('denied');
      const resource = `services of ${PROD}`;
      expect((await searchOwners(context)).failures).toMatchObject([{ kind: 'denied', operation: name, resource }]);
      expect(context.cache.natives.size).toBe(0);
      fake.clock.nowMs += 30_000;
      await searchOwners(context);
      expect(fake.inputs('ListServices')).toHaveLength(2);
    }
  });

  it('are a failure where their list does not end', async () => {
    const { fake, context } = serving();
    fake.answers.ListServices = () => ok({ items: [], nextToken: 'more' });
    const failure = { kind: 'unexpected', operation: 'ListServices', resource: `services of ${PROD}` };
    expect((await searchOwners(context)).failures).toMatchObject([failure]);
  });

  it('are none in a cluster that is gone, which is an answer', async () => {
    const { fake, context } = serving();
    fake.answers.ListServices = () => fails('gone');
    expect((await searchOwners(context)).failures).toEqual([]);
    expect(context.cache.natives.get(PROD)?.services).toEqual(new Map());
  });

  it.each([
    ['no service', [], [], false],
    ['the services that its bindings select', ['app'], ['app'], false],
    ['another service besides the one that is selected', ['app', 'api'], [], true],
    ['another service in only one of the clusters', ['app'], ['api'], true],
    ['the service of another cluster by the name of one of ours', ['app'], ['job'], true],
  ])('make a group with %s, %j and %j, one that others write to: %s', async (_, prod, test, isShared) => {
    const { fake } = serving(...[...prod, ...test].map((name) => native(name, groupArn())));
    fake.answers.ListServices = ({ cluster }) => names(cluster === PROD ? prod : test);
    const { bindings, ...bound } = boundGroup('service=app port=8080');
    const far = bindings.map((each) => ({ ...each, selector: { ...each.selector, cluster: TEST } }));
    const prodJob = boundGroup('service=job port=8080').bindings;
    const context = contextOf(fake, { bound: { ...bound, bindings: [...bindings, ...prodJob, ...far] } });
    const late = lateOf(aSnapshot({ tasks: [stoppedTask('t9', '10.0.0.9')], targets: [target('10.0.0.9')] }));
    const read = await new Strangers(context, new TaskReader(context), new GroupRecord(context)).ownershipOf(late);
    expect(read).toMatchObject({ isShared, failures: [] });
  });

  it.each([
    [300, 30],
    [301, 30],
  ])('are asked of three hundred of a cluster at most: %i services take %i calls', async (count, calls) => {
    const { fake, context } = serving(...Array.from({ length: count }, (_, index) => native(`s${index}`)));
    await searchOwners(context);
    expect(fake.inputs('DescribeServices')).toHaveLength(calls);
  });

  it('that ECS lists and no longer describes are none', async () => {
    const { fake, context } = serving();
    fake.answers.ListServices = () => names(['api']);
    expect((await searchOwners(context)).failures).toEqual([]);
    expect(context.cache.natives.get(PROD)?.services).toEqual(new Map());
  });
});
