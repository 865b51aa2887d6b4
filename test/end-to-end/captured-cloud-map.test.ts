/**
 * Two answers of ListInstances that somebody captured: the same two tasks, once as service discovery lists them and once as
 * Service Connect does. They are not ours to publish; where they lie beside the checkout, they are read there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { instanceFrom } from '../../functions/adapters/cloud-map.ts';
import { taskFrom } from '../../functions/adapters/ecs.ts';
import { parseInstanceBinding } from '../../functions/core/binding.ts';
import { checkInstances, NO_OBSERVATIONS, tasksBehindInstances } from '../../functions/core/cloud-map/check.ts';
import type { Instance } from '../../functions/core/cloud-map/instance.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { Task } from '../../functions/core/task.ts';
import { arnParts, type ClusterArn, parseClusterArn, parseTaskArn, taskIdOf } from '../../functions/core/values.ts';
import { skipUnless } from '../support/skip.ts';
import { aContext, cloudMapArn, ip, lineOf, runningTask, unwrap } from '../support/values.ts';

const CAPTURED = fileURLToPath(new URL('../../../shared/events/', import.meta.url));
const MISSING = 'the captured answers do not lie beside this checkout';
const NOW_MS = Date.UTC(2024, 6, 18);
const IDS = ['baf2a3419ee446c587cba75766d899f9', 'e3dab68c211d4dc187549dfa0a8f5369'];
const IPS = ['10.200.65.58', '10.200.65.151'];

function listOf(file: string, key: string): JsonObject[] {
  const answer: unknown = JSON.parse(readFileSync(`${CAPTURED}${file}`, 'utf8'));
  const list = isObject(answer) ? answer[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function instances(shape: 'discovery' | 'connect'): Instance[] {
  const name = shape === 'discovery' ? 'service-discovery' : 'service-connect';
  return listOf(`api-cloudmap-list-instances-${name}.json`, 'Instances').map((each) => {
    const attributes = isObject(each['Attributes']) ? each['Attributes'] : {};
    const texts = Object.entries(attributes).map(([key, value]) => [key, String(value)] as const);
    return instanceFrom({ Id: String(each['Id']), Attributes: Object.fromEntries(texts) });
  });
}

/** The one captured task: written by another SDK, which spells enumerations as objects and times as text. */
function capturedTask(): Task {
  const [told = {}] = listOf('api-describe-tasks-service-connect.json', 'tasks');
  const { taskArn, clusterArn, desiredStatus, lastStatus, group, taskDefinitionArn, startedAt, attachments } = told;
  const all = Array.isArray(attachments) ? attachments.filter(isObject) : [];
  return taskFrom({
    taskArn: String(taskArn),
    clusterArn: String(clusterArn),
    desiredStatus: String(desiredStatus),
    lastStatus: String(lastStatus),
    group: String(group),
    taskDefinitionArn: String(taskDefinitionArn),
    startedAt: new Date(String(startedAt)),
    attachments: all.map(({ id, type, status, details }) => ({
      id: String(id),
      type: String(type),
      status: String(status),
      details: (Array.isArray(details) ? details.filter(isObject) : []).map(({ name, value }) => ({
        name: String(name),
        value: String(value),
      })),
    })),
  });
}

const CLUSTER: ClusterArn = unwrap(parseClusterArn('arn:aws:ecs:us-west-2:123456789012:cluster/ecs-cluster-name'));

/** The tasks that the instances name, running where they say. */
function namedTasks(): Task[] {
  return IDS.map((id, index) => {
    const arn = unwrap(parseTaskArn(`${CLUSTER.replace(':cluster/', ':task/')}/${id}`));
    const words = { arn, cluster: CLUSTER, group: 'service:service-http', definition: 'ecs-service-http:3', startedAtMs: 0 };
    return runningTask(id, IPS[index] ?? '', words);
  });
}

/** What a second look tells. */
function findings(service: string, listed: readonly Instance[], tasks: readonly Task[]): string[] {
  const context = aContext({ clusters: [CLUSTER], home: arnParts(CLUSTER) });
  const binding = lineOf(parseInstanceBinding(`service=${service} port=8080`, context));
  const asked = tasksBehindInstances(binding.selector, listed, { listed: new Set(), described: tasks });
  const snapshot = {
    service: cloudMapArn(),
    bindings: [binding],
    isManaged: false,
    instances: listed,
    tasks,
    asked,
    targets: new Map(),
  };
  const first = checkInstances({ ...snapshot, nowMs: NOW_MS - 10_000 }, NO_OBSERVATIONS);
  const second = checkInstances({ ...snapshot, nowMs: NOW_MS }, first.observations);
  return second.findings.map(({ kind, subject }) => `${kind} ${subject}`);
}

describe('captured answers of ListInstances', () => {
  for (const { shape, port } of [
    { shape: 'discovery', port: undefined },
    { shape: 'connect', port: 8080 },
  ] as const) {
    it(`are read in the shape of service ${shape}: two instances of ECS, their ids those of tasks`, (context) => {
      skipUnless(existsSync(CAPTURED), context, MISSING);
      const expected = IDS.map((id, index) => ({
        id,
        ipv4: ip(IPS[index] ?? ''),
        port,
        ofEcs: true,
        cluster: 'ecs-cluster-name',
      }));
      expect(instances(shape)).toMatchObject(expected);
    });

    it(`agree with their tasks in the shape of service ${shape}, whatever their health began with`, (context) => {
      skipUnless(existsSync(CAPTURED), context, MISSING);
      expect(findings('service-http', instances(shape), namedTasks())).toEqual([]);
    });

    it(`are asked about by the ids of their tasks in the shape of service ${shape}, and stale where ECS does not know them`, (context) => {
      skipUnless(existsSync(CAPTURED), context, MISSING);
      expect(findings('service-http', instances(shape), [])).toEqual(IDS.map((id) => `stale ${id}`));
    });
  }

  it('do not stand for the captured task of another service, which is missing where its own is looked at', (context) => {
    skipUnless(existsSync(CAPTURED), context, MISSING);
    const task = capturedTask();
    expect(task).toMatchObject({ group: 'service:connector-app', interface: 'ATTACHED', ipv4: '10.200.65.120' });
    const others = instances('connect');
    const missing = `missing ${task.arn}`;
    expect(findings('connector-app', others, [task, ...namedTasks()])).toEqual([missing]);
    const own: Instance = { id: taskIdOf(task.arn), ipv4: ip('10.200.65.120'), ipv6: undefined, port: 8080, ofEcs: true };
    expect(findings('connector-app', [own, ...others], [task, ...namedTasks()])).toEqual([]);
  });
});
