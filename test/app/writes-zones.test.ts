/** Zones that ELB asks for by its refusals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetsOfGroup } from '../../functions/app/ports.ts';
import { type Writer, writeChanges } from '../../functions/app/writes.ts';
import type { Registration } from '../../functions/core/plan.ts';
import { rangeOf, type ZoneForm } from '../../functions/core/zone.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, inTurn, ok } from '../support/ports.ts';
import { binding } from '../support/values.ts';
import { addresses, adds, ageless, ipOf, removals, sizes, writerOf } from '../support/writes.ts';

/** ELB's words for what it asks for (docs/model.md). */
const REFUSALS: Readonly<Record<ZoneForm, (ip: string) => string>> = {
  all: (ip) => `The IP address '${ip}' is outside the VPC`,
  none: (ip) => `The IP address '${ip}' is within the VPC`,
  task: (ip) => `IP target '${ip}' must have a zone: cross-zone load balancing is disabled`,
};
const TASK_ZONE = 'eu-west-1a';
const ZONES = { all: 'all', none: undefined, task: TASK_ZONE } as const;

/** A group that takes every address in the form of its range, and refuses a call by the first one that is not. */
function groupWith(formOf: (range: string) => ZoneForm) {
  const taken = new Map<string, string | undefined>();
  const take = ({ targets }: TargetsOfGroup) => {
    const wrong = targets.find(({ id, zone }) => zone !== ZONES[formOf(rangeOf(id))]);
    if (wrong !== undefined) return fails('refused', REFUSALS[formOf(rangeOf(wrong.id))](wrong.id));
    for (const { id, zone } of targets) taken.set(id, zone);
    return ok(null);
  };
  return { fake: new FakeAws({ RegisterTargets: take, DeregisterTargets: () => ok(null) }), taken };
}

/** Registrations in so many ranges, of which each has two hundred addresses. */
const inRanges = (ranges: number, draining: boolean): Registration[] =>
  ageless(Array.from({ length: ranges }, (_, range) => adds(3, { draining }, range * 200)).flat());

const form = fc.constantFrom<ZoneForm>('all', 'none', 'task');

describe('a zone that ELB asks for', () => {
  it('is given to every address at one more call for each range at most, and kept for the passes to come', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.array(form, { minLength: 1, maxLength: 6 }), fc.boolean(), async (forms, draining) => {
        const formOf = (range: string): ZoneForm => forms[Number(range.split('.')[2])] ?? 'none';
        const { fake, taken } = groupWith(formOf);
        const zoneForms: Writer['zoneForms'] = new Map();
        const changes = inRanges(forms.length, draining);
        const { done, refused, failures, aged } = await writeChanges(writerOf(fake, { zoneForms }), changes);
        expect([refused, failures, aged]).toEqual([[], [], []]);
        expect(addresses(done).toSorted()).toEqual(addresses(changes).toSorted());
        expect(taken).toEqual(new Map(changes.map(({ descriptor: { id } }) => [id, ZONES[formOf(rangeOf(id))]])));
        for (const { descriptor } of done) expect(descriptor.zone).toBe(taken.get(descriptor.id));
        for (const [range, learned] of zoneForms) expect(learned).toBe(formOf(range));
        expect(fake.asked.length).toBeLessThanOrEqual(1 + forms.length);
      }),
      60,
    );
  });

  it('makes no removal wait, and no target be searched for', async () => {
    const { fake } = groupWith(() => 'all');
    const shares: Writer['shares'] = new Map();
    await writeChanges(writerOf(fake, { shares }), [...adds(5), ...removals(1)]);
    expect(sizes(fake)).toEqual(['RegisterTargets 5', 'RegisterTargets 5', 'DeregisterTargets 1']);
    expect(shares).toEqual(new Map());
  });

  it('holds for the chunks after it in the pass as ELB says, each by itself', async () => {
    const { fake, taken } = groupWith(() => 'all');
    const { done } = await writeChanges(writerOf(fake), ageless(adds(201)));
    expect(done).toHaveLength(201);
    expect(new Set(taken.values())).toEqual(new Set(['all']));
  });

  it('is not given to an address whose line names one: it is refused, and the others are not', async () => {
    const named = binding('service=app port=8080 zone=eu-west-1b');
    const [fixed, open] = [adds(1, { binding: named }), adds(2, {}, 200)];
    const { fake, taken } = groupWith((range) => (range === '10.0.0' ? 'all' : 'none'));
    const result = await writeChanges(writerOf(fake), ageless([...fixed, ...open]));
    expect(result.refused.map(({ change }) => change.address)).toEqual(addresses(fixed));
    expect([...taken]).toEqual(open.map(({ descriptor }) => [descriptor.id, undefined]));
  });

  it('is tried once: an ELB that contradicts itself has refused the target', async () => {
    const contradicting = inTurn(
      fails('refused', REFUSALS.all(ipOf(0))),
      fails('refused', REFUSALS.none(ipOf(0))),
      fails('refused', REFUSALS.all(ipOf(0))),
    );
    const fake = new FakeAws({ RegisterTargets: contradicting });
    const { refused } = await writeChanges(writerOf(fake), ageless(adds(1)));
    expect(refused).toMatchObject([{ failure: { kind: 'refused', message: REFUSALS.all(ipOf(0)) } }]);
    expect(fake.asked).toHaveLength(3);
  });

  it.each([
    ['is about something else', 'refused', 'The target is not valid'],
    ['is of a full group', 'quota', REFUSALS.all(ipOf(0))],
    ['did not come from ELB', 'unavailable', REFUSALS.all(ipOf(0))],
  ] as const)('is not tried where the answer %s', async (_, kind, message) => {
    const fake = new FakeAws({ RegisterTargets: () => fails(kind, message) });
    await writeChanges(writerOf(fake), ageless(adds(1)));
    expect(fake.asked).toHaveLength(1);
  });

  it('that names no address is given to all of them, and nothing is learned of a range', async () => {
    const fake = new FakeAws({
      RegisterTargets: ({ targets }) =>
        targets.every(({ zone }) => zone === 'all') ? ok(null) : fails('refused', 'A target is outside the VPC'),
    });
    const zoneForms: Writer['zoneForms'] = new Map();
    expect((await writeChanges(writerOf(fake, { zoneForms }), ageless(inRanges(2, false)))).done).toHaveLength(6);
    expect(zoneForms.size).toBe(0);
  });

  it('is part of a call that leaves only while it is due, and has its own line in the record', async () => {
    const { fake } = groupWith(() => 'all');
    const lines: string[] = [];
    const record: Writer['record'] = (kind, changes) =>
      lines.push(`${kind} ${changes.map(({ descriptor }) => descriptor.zone)}`);
    await writeChanges(writerOf(fake, { record }), ageless(adds(1)));
    expect(lines).toEqual(['register ', 'refused ', 'register all']);
    const once = groupWith(() => 'all');
    const isDue: Writer['isDue'] = () => once.fake.asked.length === 0;
    const { aged } = await writeChanges(writerOf(once.fake, { isDue }), ageless(adds(1)));
    expect([aged.length, once.fake.asked.length]).toEqual([1, 1]);
  });
});
