/** The main job on real input: each event through the built bundle, with the simulated ECS in the state that the event tells. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { adoptDetail } from '../../scripts/simulator/adopt.ts';
import { GROUP } from '../../scripts/simulator/deployment.ts';
import { useBundle } from '../support/bundled.ts';
import { skipUnless } from '../support/skip.ts';

const OWN = fileURLToPath(new URL('../fixtures/events/', import.meta.url));
/** Events that other people captured are not ours to publish. Where they lie beside the checkout, they are read there. */
const CAPTURED = fileURLToPath(new URL('../../../shared/events/', import.meta.url));

interface Expected {
  /** The one target that the event leads to; none by default. */
  readonly registers?: string;
  /** A word of the reason for which the event is no hint, as the log tells it; it is a hint by default. */
  readonly because?: string;
}

const HINT: Expected = {};
const NOT_YET: Expected = { because: 'nothing to do before it runs' };
const NOT_A_TASK_EVENT: Expected = { because: 'not "ECS Task State Change"' };
const NOT_OF_ECS: Expected = { because: 'not "aws.ecs"' };
const MASKED: Expected = { because: 'expected a task ARN' };

/** Every fixture of ours, and what has to come of it. */
const OWN_EVENTS: Readonly<Record<string, Expected>> = {
  'bridge-without-attachment.json': HINT,
  'crashed-first-word.json': HINT,
  'empty-detail.json': { because: 'its detail is empty' },
  'new-unknown-fields.json': { registers: '10.20.3.24:8080' },
  'noise-deployment.json': NOT_A_TASK_EVENT,
  'noise-other-source.json': NOT_OF_ECS,
  'noise-service-action.json': NOT_A_TASK_EVENT,
  'old-without-group.json': HINT,
  'pending-with-address.json': NOT_YET,
  'running-interface-last.json': { registers: '10.20.3.17:8080' },
  'running-interface-not-attached.json': HINT,
  'running-masked-address.json': HINT,
  'running-standalone.json': { registers: '172.32.4.9:8080' },
  'running-two-addresses.json': HINT,
  'short-arn-stopped.json': HINT,
  'spot-notice.json': HINT,
  'stopped-scale-in.json': HINT,
  'stopping-scale-in.json': HINT,
  'wrong-region.json': { because: 'its region is "us-east-1"' },
};

/** Every captured event, by its file name, and what has to come of it. */
const CAPTURED_EVENTS: Readonly<Record<string, Expected>> = {
  'noise-container-instance-1.json': NOT_A_TASK_EVENT,
  'noise-deployment-completed-2023.json': NOT_A_TASK_EVENT,
  'noise-deployment-in-progress-2026.json': NOT_A_TASK_EVENT,
  'noise-ecr-image-action.json': NOT_OF_ECS,
  'noise-service-action-placement-failure.json': NOT_A_TASK_EVENT,
  'noise-service-action-steady-state-2020.json': NOT_A_TASK_EVENT,
  'syn-task-dualstack-running.json': { registers: '10.0.1.163:8080' },
  'syn-task-external-running.json': HINT,
  'syn-task-long-type-names-running.json': { registers: '10.0.1.163:8080' },
  'syn-task-managed-instances-running.json': { registers: '10.0.1.163:8080' },
  'syn-task-other-attachments-running.json': { registers: '10.0.1.163:8080' },
  'syn-task-stopping-v6.json': HINT,
  'task-cloudmap-start-1-provisioning-v1.json': NOT_YET,
  'task-cloudmap-start-2-pending-v2.json': NOT_YET,
  'task-cloudmap-start-3-activating-v3.json': NOT_YET,
  'task-cloudmap-start-4-running-v4.json': HINT,
  'task-defra-start-running.json': { registers: '10.249.114.126:8080' },
  'task-defra-stop-out-of-memory.json': HINT,
  'task-defra-stop-test-suite-fail.json': HINT,
  'task-defra-stop-test-suite-pass.json': HINT,
  'task-doc-spot-interruption-terminationnotice.json': HINT,
  'task-doc2016-ec2-running-stopped-container-v4.json': HINT,
  'task-doc2016-ec2-running-v2.json': HINT,
  'task-doc2020-fargate-v4.json': { registers: '10.0.0.139:8080' },
  'task-doc2025-fargate-running-v3.json': { registers: '10.0.1.163:8080' },
  'task-ec2-bridge2017-running.json': HINT,
  'task-ec2-console-log-pending-v2.json': NOT_YET,
  'task-ec2-noattachment-stopped-v3.json': HINT,
  'task-empty-detail.json': { because: 'its detail is empty' },
  'task-fargate-4containers-running-v5.json': { registers: '10.249.47.254:8080' },
  'task-fargate-batch-eventtime-stopped-v5.json': HINT,
  'task-fargate-deprovisioning-essential-v4.json': HINT,
  'task-fargate-elb-attachment-stopped-v9.json': HINT,
  'task-fargate-engineal-running-v4.json': { because: 'its region is "us-east-1"' },
  'task-fargate-family-stopped-v6.json': HINT,
  'task-fargate-masked-provisioning-v1.json': NOT_YET,
  'task-fargate-pro-running-v4.json': MASKED,
  'task-fargate-pro-stopped-v7.json': MASKED,
  'task-fargate-provisioning-family-v1.json': NOT_YET,
  'task-fargate-redacted-account-stopped-v6.json': MASKED,
  'task-fargate-scheduled-stopped-v5.json': HINT,
  'task-fargate-shortarn-stopped-v5.json': HINT,
  'task-fargate-simplified.json': NOT_OF_ECS,
  'task-fargate-spot-pending-v2.json': NOT_YET,
  'task-fargate2018-failed-to-start-v5.json': HINT,
  'task-masked-nonarn-stopped-v3.json': MASKED,
  'task-trimmed-provisioning.json': NOT_YET,
  'wrap-replayed-running-v5.json': { registers: '10.249.47.254:8080' },
};

/** No events, but envelopes around them and answers of APIs: the replay reads those. */
const NOT_EVENTS = /^(MANIFEST|api-.*|wrap-lambda-sqs-batch|wrap-sqs-receive-message)\.json$/;

const bundled = useBundle();

/** The binding that an operator would write for the tasks of this event. */
function bindingFor(detail: JsonObject): string {
  const group = String(detail['group'] ?? '');
  if (group.startsWith('service:')) return `service=${group.slice('service:'.length)} port=8080`;
  const definition = String(detail['taskDefinitionArn'] ?? 'task-definition/unknown:1');
  return `family=${definition.replace(/^.*\//, '').replace(/:.*$/, '')} port=8080`;
}

async function play(folder: string, file: string, expected: Expected): Promise<void> {
  const text = readFileSync(`${folder}${file}`, 'utf8');
  const event: unknown = JSON.parse(text);
  const detail = isObject(event) && isObject(event['detail']) ? event['detail'] : {};
  const cluster = String(detail['clusterArn'] ?? 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod');
  const isReadable = /^arn:aws:ecs:[a-z0-9-]+:\d{12}:cluster\//.test(cluster);
  const clusters = [isReadable ? cluster : 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod'];
  // Stack and group stand where the cluster is: without a role for it, a stack reaches no other account.
  const [, , , region = '', id = ''] = clusters[0]?.split(':') ?? [];
  const arn = GROUP.replace('eu-west-1:111122223333', `${region}:${id}`);
  const { deployment, backend } = await bundled({
    settings: { home: { region, id }, clusters, targetGroups: [arn], binding: bindingFor(detail) },
  });
  deployment.account.ecs.clusters.add(clusters[0] ?? '');
  if (isReadable) adoptDetail(deployment.account, detail);
  const group = { ...deployment.group, arn, vpcPrefixes: [''] };
  deployment.account.elb.groups.set(arn, group);
  const answer = await deployment.invoke({ Records: [{ messageId: 'one', body: text }] });
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(deployment.account.elb.registered(group)).toEqual(expected.registers === undefined ? [] : [expected.registers]);
  const log = backend.runtimes.flatMap((runtime) => runtime.log);
  const told = log.filter(({ message }) => message === 'message ignored' || message === 'message unreadable');
  if (expected.because === undefined) expect(told).toEqual([]);
  else expect(told).toEqual([expect.objectContaining({ because: expect.stringContaining(expected.because) })]);
  if (expected.because !== undefined) expect(deployment.calls).toBe(0);
}

describe('events written for this project', () => {
  it('has an expectation for every file', () => {
    expect(readdirSync(OWN).sort()).toEqual(Object.keys(OWN_EVENTS).sort());
  });

  it.each(Object.entries(OWN_EVENTS))('%s', (file, expected) => play(OWN, file, expected));
});

describe('events that other people captured', () => {
  const missing = 'the captured events do not lie beside this checkout';

  it('has an expectation for every file', (context) => {
    skipUnless(existsSync(CAPTURED), context, missing);
    const events = readdirSync(CAPTURED).filter((file) => !NOT_EVENTS.test(file));
    expect(events.sort()).toEqual(Object.keys(CAPTURED_EVENTS).sort());
  });

  for (const [file, expected] of Object.entries(CAPTURED_EVENTS)) {
    it(file, (context) => {
      skipUnless(existsSync(CAPTURED), context, missing);
      return play(CAPTURED, file, expected);
    });
  }
});
