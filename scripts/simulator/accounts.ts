/** Several accounts and regions that know each other: a hub with its spokes. Whoever has one account needs none of this. */
import { Account } from './account.ts';
import { Service } from './api.ts';
import type { VirtualClock } from './clock.ts';
import type { BusEvent } from './event-bus.ts';
import type { Home } from './home.ts';
import type { Signature } from './http.ts';
import { Sts } from './sts.ts';

export class Accounts {
  readonly sts: Sts;
  readonly #clock: VirtualClock;
  readonly #services = new Map<string, Service>();
  #firstId: string | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.sts = new Sts(clock);
  }

  /** The account in the region. What signs with no key of STS belongs to the account that was asked for first: the hub. */
  in(home: Home): Service {
    const known = this.#services.get(keyOf(home));
    if (known !== undefined) return known;
    this.#firstId ??= home.id;
    const service = new Service(new Account(this.#clock, home, this.sts));
    this.#services.set(keyOf(home), service);
    return service;
  }

  /** Forwards events of one account's default bus to another's, which accepts them, as the two halves of a spoke's stack do. */
  forward(from: Home, to: Home, matches: (event: BusEvent) => boolean, delayMs: () => number = () => 0): void {
    const target = this.in(to).account.bus;
    const { accepts } = target;
    target.accepts = (accountId) => accountId === from.id || accepts(accountId);
    this.in(from).account.bus.rules.push({ matches, target, delayMs });
  }

  /** For `HttpDoor`: the account whose key it is, in the region that the signature is for. */
  readonly find = ({ accessKeyId, region = '' }: Signature): Service | undefined => {
    const caller = this.sts.callerOf(accessKeyId);
    const id = typeof caller === 'object' ? caller.accountId : this.#firstId;
    return this.#services.get(keyOf({ id: id ?? '', region }));
  };
}

function keyOf({ id, region }: Home): string {
  return `${id} ${region}`;
}
