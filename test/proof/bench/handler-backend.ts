/** Handlers that are not ours on the simulated account: built, with real SDK clients over loopback, on virtual time. */
import { isObject } from '../../../functions/core/json.ts';
import { watchRequests } from '../../../scripts/simulator/backends.ts';
import { type BundleRuntime, spawnBundle } from '../../../scripts/simulator/bundle.ts';
import { settleOnce } from '../../../scripts/simulator/clock.ts';
import type { Backend, Deployment } from '../../../scripts/simulator/deployment.ts';
import { HttpDoor } from '../../../scripts/simulator/http.ts';
import type { Runtime } from '../../../scripts/simulator/lambda.ts';
import { Random } from '../../../scripts/simulator/random.ts';
import type { Contender, Place } from './contenders.ts';

/** As the built function is answered. */
const CALL_MS = 40;
/** Rounds of the event loop in which nothing began: a client that signs and connects needs several between two calls. */
const QUIET_ROUNDS = 6;

/** The handler once for each place, as somebody deploys it who has more than one service. */
export async function handlerOverHttp(
  contender: Contender,
  deployment: Deployment,
  places: readonly Place[],
): Promise<Backend> {
  const door = new HttpDoor(deployment.service);
  door.answerMs = () => CALL_MS;
  door.isGathering = true;
  const endpoint = await door.open();
  const sent = watchRequests(endpoint);
  const runtimes = new Map(places.map((place) => [place.service, load(contender, deployment, place, endpoint)]));
  const router = routed(runtimes);
  return {
    name: contender.name,
    // One loaded file stands for all environments: what it keeps in memory, all of them know.
    spawn: () => router,
    settle: async () => {
      for (let quietRounds = 0; quietRounds < QUIET_ROUNDS; ) {
        await settleOnce();
        const isSent = sent.open.size <= door.waiting + door.gathered;
        quietRounds = isSent && [...runtimes.values()].every(({ atWork }) => atWork() === 0) ? quietRounds + 1 : 0;
        if (quietRounds < QUIET_ROUNDS || door.gathered === 0) continue;
        door.release();
        quietRounds = 0;
      }
    },
    close: async () => {
      sent.stop();
      await door.close();
    },
  };
}

function load({ file, variables }: Contender, { clock }: Deployment, place: Place, endpoint: string): BundleRuntime {
  let invocations = 0;
  return spawnBundle({
    file,
    clock,
    chance: () => {
      invocations += 1;
      const random = new Random(invocations);
      return () => random.next();
    },
    logged: () => undefined,
    environment: {
      ...variables?.(place),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
      AWS_ENDPOINT_URL: endpoint,
      AWS_LAMBDA_FUNCTION_NAME: place.service,
    },
  });
}

/** Hands an event to the function of its service, messages likewise, and everything else to all. */
function routed(runtimes: ReadonlyMap<string, Runtime>): Runtime {
  const messages = async (records: readonly unknown[], remainingMs: () => number): Promise<unknown> => {
    const bodyOf = (record: unknown): unknown => (isObject(record) ? JSON.parse(String(record['body'])) : undefined);
    const answers = [...runtimes].map(async ([service, runtime]) => {
      const Records = records.filter((record) => serviceOf(bodyOf(record)) === service);
      return Records.length === 0 ? undefined : runtime.invoke({ Records }, remainingMs);
    });
    const failures = (await Promise.all(answers)).filter(isObject).map((answer) => answer['batchItemFailures']);
    return { batchItemFailures: failures.flatMap((items) => (Array.isArray(items) ? items : [])) };
  };
  return {
    invoke: async (input, remainingMs) => {
      if (isObject(input) && Array.isArray(input['Records'])) return messages(input['Records'], remainingMs);
      const service = serviceOf(input);
      const meant = [...runtimes].filter(([name]) => service === undefined || name === service);
      return Promise.all(meant.map(([, runtime]) => runtime.invoke(input, remainingMs)));
    },
  };
}

/** The service that an event of a task names; undefined of a scheduled event. */
function serviceOf(event: unknown): string | undefined {
  const detail = isObject(event) ? event['detail'] : undefined;
  const group = isObject(detail) ? detail['group'] : undefined;
  return typeof group === 'string' ? group.replace('service:', '') : undefined;
}
