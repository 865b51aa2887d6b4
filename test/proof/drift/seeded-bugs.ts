/** Wrong checks, planted to see whether the generated histories notice: each one is a mistake that is easy to make. */
import { Cache } from '../../../functions/app/cache.ts';
import type { Environment } from '../../../functions/app/invocation.ts';
import type { AwsApi, Clock } from '../../../functions/app/ports.ts';
import type { InstanceObservations } from '../../../functions/core/cloud-map/check.ts';
import type { Instance } from '../../../functions/core/cloud-map/instance.ts';
import type { CloudMapServiceArn } from '../../../functions/core/values.ts';
import type { Account } from '../../../scripts/simulator/account.ts';

export interface Plant {
  readonly name: string;
  world?(world: AwsApi, account: Account): AwsApi;
  environment?(environment: Environment): Environment;
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'matches by id only',
    world: (world) =>
      readingInstances(world, (instance) => [{ ...instance, ipv4: undefined, ipv6: undefined, port: undefined }]),
  },
  {
    name: 'takes one look',
    environment: (environment) => ({
      ...environment,
      cache: Object.assign(new Cache(), environment.cache, { instances: new SeenLongAgo(environment.clock) }),
    }),
  },
  {
    name: 'calls an instance of Service Connect foreign',
    world: (world, account) =>
      readingInstances(world, (instance) => [
        {
          ...instance,
          id: isOfConnect(account, instance) ? `?${instance.id}` : instance.id,
          ofEcs: instance.ofEcs && !isOfConnect(account, instance),
        },
      ]),
  },
  {
    name: 'trusts AWS_INIT_HEALTH_STATUS',
    world: (world, account) =>
      readingInstances(world, (instance) =>
        attributeOf(account, instance, 'AWS_INIT_HEALTH_STATUS') === 'UNHEALTHY' ? [] : [instance],
      ),
  },
];

/** Every difference looks as if an earlier look had seen it. */
class SeenLongAgo extends Map<CloudMapServiceArn, InstanceObservations> {
  readonly #clock: Clock;
  readonly #sinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override get(service: CloudMapServiceArn): InstanceObservations {
    const sinceOf = (key: string): number => {
      const sinceMs = this.#sinceMs.get(key) ?? this.#clock.now();
      this.#sinceMs.set(key, sinceMs);
      return sinceMs;
    };
    const seen = new (class extends Map<string, { atMs: number; sinceMs: number }> {
      override get(key: string): { atMs: number; sinceMs: number } {
        return { atMs: 0, sinceMs: sinceOf(key) };
      }
    })();
    return { lookedAtMs: super.get(service)?.lookedAtMs, seen };
  }
}

function readingInstances(world: AwsApi, read: (instance: Instance) => readonly Instance[]): AwsApi {
  return {
    ...world,
    ListInstances: async (input) => {
      const outcome = await world.ListInstances(input);
      return outcome.ok ? { ...outcome, value: { ...outcome.value, items: outcome.value.items.flatMap(read) } } : outcome;
    },
  };
}

function isOfConnect(account: Account, instance: Instance): boolean {
  return attributeOf(account, instance, 'DeploymentId') !== undefined;
}

function attributeOf(account: Account, { id }: Instance, name: string): string | undefined {
  return [...account.cloudMap.services.values()].flatMap(({ instances }) => instances.get(id)?.attributes[name] ?? [])[0];
}
