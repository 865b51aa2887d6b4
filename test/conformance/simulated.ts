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
  let endpoint = '';
  const close = async (): Promise<void> => {
    await door?.close();
    door = undefined;
  };
  return {
    name,
    open: async () => {
      await close();
      const service = newService();
      door = new HttpDoor(service);
      // The same address for every scene: whoever calls may take seconds to get ready for a new one.
      endpoint = await door.open(endpoint === '' ? 0 : Number(new URL(endpoint).port));
      return sceneOf(service, createCall(endpoint));
    },
    close,
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
  account.ecs.addService(CLUSTER, 'app');
  account.ecs.stopTimeouts.set(`${FAMILY}:1`, 45);
  let groups = 0;
  let clusters = 0;
  const pass = async (seconds: number): Promise<void> => {
    const untilMs = account.clock.now() + seconds * 1_000;
    while (account.clock.step(untilMs));
    account.clock.jump(untilMs);
  };
  return {
    call,
    cluster: CLUSTER,
    family: FAMILY,
    pass,
    run: async (count, startedAs = 'service') => {
      const group = startedAs === 'service' ? 'service:app' : `family:${FAMILY}`;
      const spec = { clusterArn: CLUSTER, group, definition: `${FAMILY}:1`, timing: QUICK };
      const tasks = Array.from({ length: count }, () => account.ecs.start(spec));
      await pass(1);
      return tasks.map(({ arn }) => arn);
    },
    attach: async (name, group) => {
      account.ecs.addService(CLUSTER, name, [group]);
    },
    addGroup: async ({ port = 8080, tags = {}, used = true, delaySeconds = 300 } = {}) => {
      groups += 1;
      const arn = targetGroupArn(`web-${groups}`);
      const group = account.elb.addGroup({ arn, port, isUsed: used, deregistrationDelaySeconds: delaySeconds });
      for (const [key, value] of Object.entries(tags)) group.tags.set(key, value);
      return arn;
    },
    addCluster: async () => {
      clusters += 1;
      const arn = clusterArn(`prod-${clusters}`);
      account.ecs.clusters.add(arn);
      return arn;
    },
    addCloudMapService: async (tags = {}) => {
      const name = `mysql${account.cloudMap.services.size || ''}`;
      const arn = cloudMapServiceArn(name);
      const record = account.cloudMap.addService(arn, name);
      for (const [key, value] of Object.entries(tags)) record.tags.set(key, value);
      return { id: record.id, arn };
    },
  };
}
