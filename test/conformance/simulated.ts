/** The simulated account as a backend: in process, over HTTP, or behind any other way to call its door. */
import type { JsonObject } from '../../functions/core/json.ts';
import { Account, cloudMapServiceArn, clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { Service } from '../../scripts/simulator/api.ts';
import { ApiError } from '../../scripts/simulator/api-error.ts';
import { VirtualClock } from '../../scripts/simulator/clock.ts';
import { QUICK } from '../../scripts/simulator/deployment.ts';
import { HttpDoor } from '../../scripts/simulator/http.ts';
import { answerOf, type Backend, type Call, Refused, type Scene } from './scene.ts';
import { createSdkCall } from './sdk.ts';

const CLUSTER = clusterArn('prod');
const FAMILY = 'app';
const PROTOCOLS = ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE', 'QUIC', 'TCP_QUIC'] as const;

export function simulatorInProcess(): Backend {
  return {
    name: 'simulator in process',
    open: async () => {
      const service = newService();
      return sceneOf(service, async (operation, input) => perform(service, operation, input));
    },
    close: async () => undefined,
  };
}

/** `createCall` makes whoever calls the door's address; the SDK for JavaScript unless told otherwise. */
export function simulatorOverHttp(
  name = 'simulator over HTTP',
  createCall: (endpoint: string) => Call = (endpoint) => createSdkCall(endpoint),
): Backend {
  let door: HttpDoor | undefined;
  let service = newService();
  let endpoint = '';
  return {
    name,
    open: async () => {
      service = newService();
      if (door === undefined) {
        // One address for all scenes: whoever calls may take seconds to get ready for a new one.
        door = new HttpDoor(() => service);
        endpoint = await door.open();
      }
      return sceneOf(service, createCall(endpoint));
    },
    close: async () => {
      await door?.close();
      door = undefined;
    },
  };
}

function newService(): Service {
  return new Service(new Account(new VirtualClock()));
}

function perform(service: Service, operation: string, input: JsonObject): JsonObject {
  if (!service.knows(operation)) throw new Refused('UnknownOperationException', `${operation} is not simulated`);
  try {
    return answerOf(service.perform(operation, input), operation);
  } catch (error) {
    throw error instanceof ApiError ? new Refused(error.name, error.message) : error;
  }
}

function sceneOf(service: Service, call: Call): Scene {
  const { account } = service;
  const { clock } = account;
  account.ecs.addService(CLUSTER, 'app');
  account.ecs.define(`${FAMILY}:1`, [
    { name: 'app', stopTimeout: 45, portMappings: [{ name: 'http', containerPort: 8080, protocol: 'tcp' }] },
  ]);
  return {
    call,
    cluster: CLUSTER,
    family: FAMILY,
    now: () => clock.now(),
    pass: async (seconds) => pass(clock, seconds),
    network: {
      inside: (index) => `10.0.${Math.floor(index / 250)}.${(index % 250) + 4}`,
      outside: (index) => `192.168.${Math.floor(index / 250)}.${(index % 250) + 4}`,
      zone: 'eu-west-1b',
    },
    ...ecsScene(account),
    ...resourceScene(account),
  };
}

function pass(clock: VirtualClock, seconds: number): void {
  const untilMs = clock.now() + seconds * 1_000;
  while (clock.step(untilMs));
  clock.jump(untilMs);
}

function ecsScene({ ecs, clock }: Account): Pick<Scene, 'run' | 'addService' | 'redeploy' | 'deleteCluster'> {
  return {
    run: async (count, startedAs = 'service', tags = {}) => {
      const group = startedAs === 'service' ? 'service:app' : `family:${FAMILY}`;
      const spec = { clusterArn: CLUSTER, group, definition: `${FAMILY}:1`, timing: QUICK, tags };
      const tasks = Array.from({ length: count }, () => ecs.start(spec));
      pass(clock, 1);
      return tasks.map(({ arn }) => arn);
    },
    addService: async (name, group) => {
      ecs.addService(CLUSTER, name, group === undefined ? [] : [group]);
    },
    redeploy: async () => {
      ecs.redeploy(ecs.addService(CLUSTER, 'app'), `${FAMILY}:1`);
    },
    deleteCluster: async () => ecs.deleteCluster(CLUSTER),
  };
}

function resourceScene({
  ecs,
  elb,
  cloudMap,
  sts,
  logs,
  clock,
  home,
}: Account): Pick<Scene, 'addGroup' | 'untag' | 'addRole' | 'log' | 'tagLog' | 'addCluster' | 'addCloudMapService'> {
  let made = 0;
  return {
    addGroup: async ({ port = 8080, tags = {}, used = true, delaySeconds = 300, protocol, crossZone } = {}) => {
      made += 1;
      const arn = targetGroupArn(`web-${made}`);
      const group = elb.addGroup({
        arn,
        port,
        isUsed: used,
        deregistrationDelaySeconds: delaySeconds,
        protocol: PROTOCOLS.find((each) => each === protocol) ?? 'HTTP',
        crossZone: crossZone ?? 'use_load_balancer_configuration',
      });
      for (const [key, value] of Object.entries(tags)) group.tags.set(key, value);
      return arn;
    },
    untag: async (group, key) => {
      elb.group(group).tags.delete(key);
    },
    addRole: async ({ externalId, isTrusted = true } = {}) => {
      made += 1;
      return sts.addRole({ arn: `arn:aws:iam::${home.id}:role/spoke-${made}`, externalId, trusts: () => isTrusted }).arn;
    },
    log: async (fromMs, messages) => {
      made += 1;
      const name = `/aws/lambda/sync-${made}`;
      const write = logs.sink(name, 'stream');
      clock.jump(fromMs);
      for (const message of messages) {
        write(message);
        pass(clock, 1);
      }
      return name;
    },
    addCluster: async () => {
      made += 1;
      const arn = clusterArn(`prod-${made}`);
      ecs.clusters.add(arn);
      return arn;
    },
    tagLog: async (name, tags) => {
      for (const [key, value] of Object.entries(tags)) logs.tagsOf(name).set(key, value);
      return logs.arnOf(name);
    },
    addCloudMapService: async (tags = {}) => {
      const name = `mysql${cloudMap.services.size || ''}`;
      const arn = cloudMapServiceArn(name);
      const record = cloudMap.addService(arn, name);
      for (const [key, value] of Object.entries(tags)) record.tags.set(key, value);
      return { id: record.id, arn };
    },
  };
}
