/**
 * What ELB's answers showed to a stack of a target that another writer has come to want. ELB keeps one target to an address, whoever
 * registered it: who registers one that is there already changes nothing, and where nothing runs that passes health checks, no answer
 * tells such a target from one that a task of ours has left.
 */
import { isObject } from '../../functions/core/json.ts';
import { objects } from '../../scripts/simulator/api-input.ts';

/** What another environment has seen can be read from its log after this time at the latest. */
const RECORD_MS = 60_000;

/** When an environment was shown something last. */
type Sights = Map<number, number>;

interface Address {
  readonly ip: string;
  readonly port: number;
}

export interface Claim extends Address {
  /** From when on the target can have been gone without our having left it: the last order to stop a task of ours there. */
  readonly endedMs: number;
  /** From when on another writer's task ran there. */
  readonly ranMs: number;
}

export class Shown {
  /** By group, and by group and address. */
  readonly #strangers = new Map<string, Sights>();
  readonly #present = new Map<string, Sights>();
  readonly #looks = new Map<
    string,
    { readonly environment: number; readonly atMs: number; readonly keys: ReadonlySet<string> }[]
  >();

  /** An environment was told the targets of the group. */
  note(environment: number, group: string, output: unknown, nowMs: number, isOurs: (target: Address) => boolean): void {
    const registered = new Set<string>();
    for (const described of objects(isObject(output) ? output : {}, 'TargetHealthDescriptions')) {
      const [target, health] = [described['Target'], described['TargetHealth']];
      if (!isObject(target) || !isObject(health)) continue;
      const address = { ip: String(target['Id']), port: Number(target['Port']) };
      const key = `${address.ip}:${address.port}`;
      if (health['State'] !== 'draining') registered.add(key);
      if (!isOurs(address)) see(this.#strangers, group, environment, nowMs);
      // Checks that pass, and first checks, tell of a task that runs there now, and of a target that is new.
      if (health['State'] === 'healthy' || health['State'] === 'initial')
        see(this.#present, `${group} ${key}`, environment, nowMs);
    }
    const looks = this.#looks.get(group) ?? [];
    looks.push({ environment, atMs: nowMs, keys: registered });
    this.#looks.set(group, looks);
  }

  /** Whether the environment was told, or can have read in the log of another, anything that we could not have left behind. */
  shows(environment: number, group: string, { ip, port, endedMs, ranMs }: Claim, nowMs: number): boolean {
    const isKnown = (of: number, atMs: number): boolean => of === environment || nowMs - atMs >= RECORD_MS;
    const isSeen = (sights: Sights | undefined, sinceMs: number): boolean =>
      [...(sights ?? [])].some(([of, atMs]) => atMs >= sinceMs && isKnown(of, atMs));
    const key = `${ip}:${port}`;
    const isGone = (this.#looks.get(group) ?? []).some(
      (look) => look.atMs >= endedMs && isKnown(look.environment, look.atMs) && !look.keys.has(key),
    );
    return isGone || isSeen(this.#strangers.get(group), 0) || isSeen(this.#present.get(`${group} ${key}`), ranMs);
  }
}

function see(sights: Map<string, Sights>, key: string, environment: number, nowMs: number): void {
  sights.set(key, (sights.get(key) ?? new Map()).set(environment, nowMs));
}
