/** Changes to write, and a group that takes them or does not. */
import { Caller } from '../../functions/app/caller.ts';
import type { TargetsOfGroup } from '../../functions/app/ports.ts';
import type { Writer } from '../../functions/app/writes.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import type { Change, Deregistration, Registration } from '../../functions/core/plan.ts';
import type { Address } from '../../functions/core/values.ts';
import { type FakeAws, fails, ok, START_MS } from './ports.ts';
import { aGroup, at, binding, port, taskArn } from './values.ts';

const BINDING = binding('service=app port=8080');

function because(index: number, describedAtMs = START_MS): Change['because'] {
  return {
    rule: 'task is running',
    task: taskArn(`t${index}`),
    version: 3,
    last: 'RUNNING',
    desired: 'RUNNING',
    describedAtMs,
    binding: 'cluster=prod service=app port=8080',
  };
}

export function ipOf(index: number): string {
  return `10.0.${Math.floor(index / 200)}.${(index % 200) + 1}`;
}

export function adds(count: number, words: Partial<Registration> = {}, from = 0): Registration[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = from + offset;
    const descriptor = { id: ipOf(index), port: port(8080) };
    const base = { address: at(ipOf(index)), descriptor, because: because(index), binding: BINDING };
    return { ...base, kind: 'register', draining: false, sinceMs: index, taskZone: 'eu-west-1a', ...words };
  });
}

export function removals(count: number): Deregistration[] {
  return adds(count, {}, 5_000).map(({ address, descriptor, because: why, binding: of }) => ({
    kind: 'deregister',
    address,
    descriptor: { ...descriptor, zone: 'eu-west-1a' },
    because: { ...why, rule: 'task is stopping' },
    binding: of,
    sinceMs: undefined,
    endedAtMs: undefined,
    state: 'healthy',
  }));
}

/** The changes with proofs that do not grow old while halves of halves wait for their turn. */
export function ageless<Each extends Change>(changes: readonly Each[]): Each[] {
  return changes.map((change) => ({ ...change, because: { ...change.because, describedAtMs: START_MS + 1_000_000 } }));
}

export function writerOf(fake: FakeAws, words: Partial<Writer> = {}): Writer {
  const caller = new Caller({ api: fake.world, clock: fake.clock, buckets: new Map() }, START_MS + 10_000_000);
  const calm = {
    isDue: (changes: readonly Change[]) =>
      changes.every(({ because: { describedAtMs } }) => fake.clock.now() - describedAtMs <= PROOF_AGE_MAX_MS),
    renew: () => Promise.resolve(undefined),
    record: () => undefined,
    refusedBefore: new Set<Address>(),
    shares: new Map(),
    zoneForms: new Map(),
  };
  return { caller, clock: fake.clock, group: aGroup(), ...calm, ...words };
}

/** A group that takes what the test lets it take, and refuses any call with something else in it. */
export function groupThat(refuses: (id: string) => FailureKind | undefined) {
  const taken: string[] = [];
  const take = ({ targets }: TargetsOfGroup) => {
    const kind = targets.map(({ id }) => refuses(id)).find((each) => each !== undefined);
    if (kind !== undefined) return fails(kind);
    taken.push(...targets.map(({ id }) => id));
    return ok(null);
  };
  return { taken, take };
}

export function addresses(changes: readonly Change[]): string[] {
  return changes.map(({ address }) => address);
}

export function sizes(fake: FakeAws): string[] {
  return fake.asked.map(({ name, input }) => `${name} ${JSON.stringify(input).split('"id"').length - 1}`);
}
