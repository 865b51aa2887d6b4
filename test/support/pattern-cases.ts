/** Events and whether the rule should take them: what the template's own pattern is held against, by two matchers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { CLUSTER, lookUp, objectOf } from '../../scripts/tools/template/template.ts';
import { FILES, resourceOf, viewOf } from '../../scripts/tools/template/templates.ts';

export interface PatternCase {
  readonly name: string;
  readonly pattern: JsonObject;
  readonly event: JsonObject;
  readonly wanted: boolean;
}

const OWN = fileURLToPath(new URL('../fixtures/events/', import.meta.url));
/** Events that other people captured are not ours to publish. Where they lie beside the checkout, they are read there. */
const CAPTURED = fileURLToPath(new URL('../../../shared/events/', import.meta.url));
const ACCOUNT = '111122223333';

/** The events that the rule has to leave alone, judged by a person. All others are tasks that run or are to stop. */
const NOISE = new Set([
  'empty-detail.json',
  'noise-container-instance-1.json',
  'noise-deployment-completed-2023.json',
  'noise-deployment-in-progress-2026.json',
  'noise-deployment.json',
  'noise-ecr-image-action.json',
  'noise-other-source.json',
  'noise-service-action-placement-failure.json',
  'noise-service-action-steady-state-2020.json',
  'noise-service-action.json',
  'pending-with-address.json',
  'task-cloudmap-start-1-provisioning-v1.json',
  'task-cloudmap-start-2-pending-v2.json',
  'task-cloudmap-start-3-activating-v3.json',
  'task-ec2-console-log-pending-v2.json',
  'task-empty-detail.json',
  'task-fargate-masked-provisioning-v1.json',
  'task-fargate-provisioning-family-v1.json',
  'task-fargate-spot-pending-v2.json',
  'task-trimmed-provisioning.json',
]);
/** Files beside the events that are none: answers of an API, envelopes of a queue, and an event without its envelope. */
const NO_EVENT = /^(MANIFEST|api-|wrap-lambda|wrap-sqs|task-fargate-simplified)/;

/** A change by which an event that the rule takes becomes one that it must not take. */
const SPOILERS: Readonly<Record<string, (event: JsonObject) => JsonObject>> = {
  'of another account': (event) => ({ ...event, account: '999988887777' }),
  'of another cluster': (event) => inDetail(event, { clusterArn: `${CLUSTER}-of-others` }),
  'of a cluster whose name begins alike': (event) =>
    inDetail(event, { clusterArn: `${lookUp(event, 'detail', 'clusterArn')}-2` }),
  'of another source': (event) => ({ ...event, source: 'aws.ec2' }),
  'replayed by a program': (event) => ({ ...event, source: 'my.app' }),
  'of another kind': (event) => ({ ...event, 'detail-type': 'ECS Container Instance State Change' }),
  'of a task that is yet to run': (event) => inDetail(event, { lastStatus: 'PENDING', desiredStatus: 'RUNNING' }),
  'in small letters': (event) => inDetail(event, { lastStatus: 'running', desiredStatus: 'stopped' }),
  'without its detail': ({ detail: _, ...event }) => event,
};

/** Our events, the captured ones where they are, and both spoiled in every way. */
export function patternCases(): PatternCase[] {
  const events = [OWN, CAPTURED].filter(existsSync).flatMap(eventsIn);
  const plain = events.map(({ name, event }) => caseOf(name, event, event, !NOISE.has(name)));
  const spoiled = events
    .filter(({ name }) => !NOISE.has(name))
    .flatMap(({ name, event }) =>
      Object.entries(SPOILERS).map(([how, spoil]) => caseOf(`${name}, ${how}`, event, spoil(event), false)),
    );
  return [...plain, ...spoiled];
}

/** Whether the captured events are at hand here. */
export function hasCaptured(): boolean {
  return existsSync(CAPTURED);
}

/** The pattern as it would be in the account and for the cluster of the event: captured ones come from many. */
function caseOf(name: string, origin: JsonObject, event: JsonObject, wanted: boolean): PatternCase {
  const clusterArn = lookUp(origin, 'detail', 'clusterArn');
  const given = {
    ClusterArns: [typeof clusterArn === 'string' ? clusterArn : CLUSTER],
    'AWS::AccountId': typeof origin['account'] === 'string' ? origin['account'] : ACCOUNT,
  };
  return {
    name,
    pattern: objectOf(resourceOf(viewOf(FILES).root(given), 'TaskRule').properties['EventPattern']),
    event,
    wanted,
  };
}

function eventsIn(folder: string): { readonly name: string; readonly event: JsonObject }[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !NO_EVENT.test(name));
  return names.sort().map((name) => {
    const event: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
    // Some were published without the account. EventBridge never sends one without.
    return { name, event: { account: ACCOUNT, ...objectOf(event) } };
  });
}

function inDetail(event: JsonObject, changes: JsonObject): JsonObject {
  const { detail } = event;
  return { ...event, detail: { ...(isObject(detail) ? detail : {}), ...changes } };
}
