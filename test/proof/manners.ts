/** Judges how the calls are made: that throttled ones slow down, and that ELB is not asked again what it has answered. */
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName } from '../../scripts/simulator/api.ts';
import { type Input, text } from '../../scripts/simulator/api-input.ts';
import type { Judge, Violation } from './judge.ts';
import { targetsOf } from './temporal-checks.ts';
import { kindOf, type TrueLine } from './truth.ts';

/** When every call of a kind has been throttled for so long, no more leave than an environment begins with, which is half of its most. */
const THROTTLED_MS = 10_000;
const BEGUN_PER_SECOND: Readonly<Record<string, number>> = {
  RegisterTargets: 1.5,
  DescribeTargetHealth: 3,
  ListTasks: 6,
  DescribeServices: 6,
};
/** One call of each group may have had its turn given before the pace fell. */
const WAITING = 12;

export class MannersJudge implements Judge {
  readonly violations: Violation[] = [];
  readonly #account: Account;
  readonly #linesOf: (group: string) => readonly TrueLine[];
  readonly #sentMs = new Map<string, number[]>();
  /** Since when each kind of an environment's calls has had no answer but that it is throttled. */
  readonly #throttledSinceMs = new Map<string, number>();
  /** What ELB has taken: whether with a zone, by environment, group and address range. */
  readonly #taken = new Map<string, string>();

  constructor(account: Account, linesOf: (group: string) => readonly TrueLine[]) {
    this.#account = account;
    this.#linesOf = linesOf;
  }

  sent(environment: number, name: ApiName, input: Input): void {
    this.#judgePace(environment, kindOf(name));
    if (name === 'RegisterTargets') this.#judgeZones(environment, input);
  }

  answered(environment: number, name: ApiName, input: Input, _output: unknown, code: string): void {
    const key = `${environment} ${kindOf(name)}`;
    if (!/Throttl/.test(code)) this.#throttledSinceMs.delete(key);
    else if (!this.#throttledSinceMs.has(key)) this.#throttledSinceMs.set(key, this.#account.clock.now());
    if (name !== 'RegisterTargets' || code !== '') return;
    for (const { key: range, form } of this.#zonesOf(environment, input)) this.#taken.set(range, form);
  }

  #judgePace(environment: number, kind: string): void {
    const perSecond = BEGUN_PER_SECOND[kind];
    if (perSecond === undefined) return;
    const nowMs = this.#account.clock.now();
    const key = `${environment} ${kind}`;
    const recent = [...(this.#sentMs.get(key) ?? []), nowMs].filter((atMs) => atMs > nowMs - THROTTLED_MS);
    this.#sentMs.set(key, recent);
    const isThrottled = nowMs - (this.#throttledSinceMs.get(key) ?? nowMs) > THROTTLED_MS;
    const most = (perSecond * THROTTLED_MS) / 1_000 + WAITING;
    if (isThrottled && recent.length > most)
      this.#report('S37', environment, `${recent.length} calls like ${kind} within 10 s, all throttled; at most ${most}`);
  }

  #judgeZones(environment: number, input: Input): void {
    for (const { key, form, ip } of this.#zonesOf(environment, input)) {
      const taken = this.#taken.get(key);
      if (taken !== undefined && taken !== form)
        this.#report('S38', environment, `registers ${ip} with zone ${form}: ELB has taken its range with ${taken}`);
    }
  }

  /** The targets whose lines leave the zone open. */
  #zonesOf(environment: number, input: Input): { readonly key: string; readonly form: string; readonly ip: string }[] {
    const group = text(input, 'TargetGroupArn') ?? '';
    if (this.#linesOf(group).some(({ zone }) => zone !== undefined)) return [];
    return targetsOf(input).map(({ ip, zone }) => ({
      key: `${environment} ${group} ${ip.slice(0, ip.lastIndexOf('.'))}`,
      form: zone ?? 'none',
      ip,
    }));
  }

  #report(invariant: string, environment: number, detail: string): void {
    this.violations.push({ invariant, atMs: this.#account.clock.now(), environment, detail });
  }
}
