import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoundGroup, isClaimMet, isMeant, pauseFindings, type TargetsRead } from '../../functions/core/configuration.ts';
import type { Claim, Hint } from '../../functions/core/event.ts';
import { severityOf } from '../../functions/core/finding.ts';
import { holds } from '../support/arbitraries.ts';
import { aGroup, aHint, at, binding, clusterArn, ip, taskArn } from '../support/values.ts';

const READ_AT_MS = 5_000;

function bound(lines: readonly string[], family: 'ipv4' | 'ipv6' = 'ipv4'): BoundGroup {
  return { group: aGroup({ family }), bindings: lines.map((line) => binding(line)), bindingsReadAtMs: undefined };
}

function claiming(words: Partial<Claim> = {}, hint: Partial<Hint> = {}): Hint {
  const claim = { addresses: [ip('10.0.0.1')], isStop: false, atMs: READ_AT_MS - 1, ...words };
  return aHint(taskArn('t1'), 3, { claim, ...hint });
}

function registered(...addresses: readonly string[]): TargetsRead {
  return { beganAtMs: READ_AT_MS, registered: new Set(addresses.map((address) => at(address))) };
}

const APP = ['service=app port=8080'];

describe('a hint is meant by a group', () => {
  it('where one of its bindings may select the task', () => {
    expect(isMeant(bound(['service=api port=80', 'service=app port=80']), claiming())).toBe(true);
    expect(isMeant(bound(['service=api port=80', 'family=app port=80']), claiming())).toBe(false);
    expect(isMeant(bound([]), claiming())).toBe(false);
    expect(isMeant(bound(APP), claiming({}, { cluster: clusterArn('staging') }))).toBe(false);
    expect(isMeant(bound(APP), claiming({}, { group: undefined }))).toBe(true);
  });
});

describe('what an event claims is met already', () => {
  const isMet = (lines: readonly string[], claim: Partial<Claim>, read: TargetsRead | undefined): boolean =>
    isClaimMet(bound(lines), claiming(claim), read);

  it('where the started task is registered, and where the stopped one is not', () => {
    expect(isMet(APP, { isStop: false }, registered('10.0.0.1', '10.0.0.2'))).toBe(true);
    expect(isMet(APP, { isStop: false }, registered('10.0.0.2'))).toBe(false);
    expect(isMet(APP, { isStop: true }, registered('10.0.0.2'))).toBe(true);
    expect(isMet(APP, { isStop: true }, registered('10.0.0.1'))).toBe(false);
  });

  it('at the port of the binding alone', () => {
    expect(isMet(['service=app port=8081'], { isStop: false }, registered('10.0.0.1'))).toBe(false);
    expect(isMet(['service=app port=8081'], { isStop: true }, registered('10.0.0.1'))).toBe(true);
  });

  it('by a read of the targets that began no earlier than what the event tells of', () => {
    const readAt = (beganAtMs: number): TargetsRead => ({ ...registered('10.0.0.1'), beganAtMs });
    expect(isMet(APP, { atMs: 700 }, readAt(699))).toBe(false);
    expect(isMet(APP, { atMs: 700 }, readAt(700))).toBe(true);
    expect(isMet(APP, { atMs: 700 }, readAt(701))).toBe(true);
    expect(isMet(APP, {}, undefined)).toBe(false);
  });

  it('never where the event claims nothing', () => {
    expect(isClaimMet(bound(APP), aHint(taskArn('t1'), 3), registered('10.0.0.1'))).toBe(false);
  });

  it('never without an address of the family of the group', () => {
    for (const isStop of [false, true]) {
      expect(isMet(APP, { isStop, addresses: [] }, registered('10.0.0.1'))).toBe(false);
      expect(isMet(APP, { isStop, addresses: [ip('2001:db8::1')] }, registered('10.0.0.1'))).toBe(false);
    }
    const both = claiming({ addresses: [ip('10.0.0.1'), ip('2001:db8::1')] });
    expect(isClaimMet(bound(APP), both, registered('10.0.0.1'))).toBe(true);
    expect(isClaimMet(bound(APP, 'ipv6'), both, registered('10.0.0.1'))).toBe(false);
    expect(isClaimMet(bound(APP, 'ipv6'), both, registered('2001:db8::1'))).toBe(true);
  });

  it('never for a binding that drains, or whose port only a task definition knows', () => {
    for (const isStop of [false, true]) {
      for (const registration of [registered(), registered('10.0.0.1')]) {
        expect(isMet(['service=app port=8080 mode=drain'], { isStop }, registration)).toBe(false);
        expect(isMet(['service=app port=http'], { isStop }, registration)).toBe(false);
      }
    }
  });

  it('where each address is as each binding that means the task would have it', () => {
    const addresses = ['10.0.0.1', '10.0.0.2'].map((address) => ip(address));
    const lines = ['service=app port=8080', 'service=app port=8081', 'service=api port=8082'];
    const all = addresses.flatMap((address) => [at(address, 8080), at(address, 8081), at(address, 8082)]);
    holds(
      fc.property(fc.subarray(all), fc.boolean(), (there, isStop) => {
        const meant = addresses.flatMap((address) => [at(address, 8080), at(address, 8081)]);
        const expected = meant.every((address) => there.includes(address) !== isStop);
        const read = { beganAtMs: READ_AT_MS, registered: new Set(there) };
        expect(isMet(lines, { addresses, isStop }, read)).toBe(expected);
      }),
    );
  });
});

describe('a paused stack', () => {
  const HOUR_MS = 3_600_000;
  const message =
    'The stack is paused: changes are planned and none is made. Tasks that start get no traffic, and targets of stopped ones stay. ' +
    "Run the stack's output ResumeCommand.";

  it('is a notice, and a mistake from an hour on: whoever paused it may have forgotten it', () => {
    for (const [nowMs, kind, severity] of [
      [1_000, 'paused', 'notice'],
      [1_000 + HOUR_MS - 1, 'paused', 'notice'],
      [1_000 + HOUR_MS, 'paused-long', 'mistake'],
    ] as const) {
      const findings = pauseFindings(1_000, nowMs);
      expect(findings).toEqual([{ kind, subject: 'stack', message, sinceMs: 1_000 }]);
      expect(findings.map(severityOf)).toEqual([severity]);
    }
  });

  it('is none that is not', () => {
    expect(pauseFindings(undefined, HOUR_MS)).toEqual([]);
  });
});
