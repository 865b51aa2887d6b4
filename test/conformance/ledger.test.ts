import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from './check.ts';
import { CHECKS } from './checks.ts';
import { ledgerFrom, readLedger, runChecks, surprisesOf } from './ledger.ts';
import { ORACLES } from './oracles.ts';
import { renderConformancePage } from './page.ts';
import { remote } from './remote.ts';
import { simulatorInProcess } from './simulated.ts';

const passes: Check = { name: 'passes', source: 'a page', run: async () => undefined };
const fails: Check = { name: 'fails', source: 'a page', run: () => Promise.reject(new Error('no')) };

async function surprises(ledger: Readonly<Record<string, string>>): Promise<string[]> {
  return surprisesOf(await runChecks([passes, fails], simulatorInProcess()), ledger);
}

describe('a ledger', () => {
  it('that tells the truth leaves no surprise', async () => {
    expect(await surprises({ fails: 'it does not know how' })).toEqual([]);
  });

  it('makes a failure of what fails unlisted, and of what passes though it is listed', async () => {
    expect(await surprises({})).toEqual(['"fails" failed: Error: no']);
    expect(await surprises({ fails: 'so', passes: 'so' })).toEqual([
      '"passes" passed, though the ledger lists it: take it out',
    ]);
  });

  it('lists only checks that there are, each with a reason', async () => {
    expect(await surprises({ fails: ' ', gone: 'so' })).toEqual([
      'the ledger lists "gone", which is no check',
      'the ledger gives no reason for "fails"',
    ]);
  });

  it('agrees with the results exactly when it lists what failed', () => {
    const names = fc.uniqueArray(fc.string(), { maxLength: 8 });
    fc.assert(
      fc.property(names, fc.func(fc.boolean()), fc.func(fc.boolean()), (given, isFailing, isListed) => {
        const results = given.map((name) => ({ name, failure: isFailing(name) ? 'no' : undefined }));
        const ledger = Object.fromEntries(given.filter((name) => isListed(name)).map((name) => [name, 'so']));
        const wrong = given.filter((name) => isFailing(name) !== isListed(name));
        return surprisesOf(results, ledger).length === wrong.length;
      }),
      { seed: 4711 },
    );
  });

  it('is refused where it is no object', () => {
    expect(() => ledgerFrom('[]')).toThrow('A ledger is a JSON object');
  });
});

describe('the suite', () => {
  it('has at least 90 checks, each with a name of its own and a source', () => {
    expect(CHECKS.length).toBeGreaterThanOrEqual(90);
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
    for (const { source } of CHECKS)
      expect(source).toMatch(
        /^(CloudWatch Logs|Cloud Map|ECS|ELB|EventBridge|IAM|STS|Tagging) (API reference|guide)|^observed: /,
      );
  });

  it.each(ORACLES)('knows of $name only what the suite asks', ({ ledger }) => {
    const names = new Set(CHECKS.map(({ name }) => name));
    expect(Object.keys(ledger).filter((name) => !names.has(name))).toEqual([]);
  });

  it('is never turned on AWS itself, where it would leave clusters and target groups behind', async () => {
    await expect(remote('AWS', 'https://ecs.eu-west-1.amazonaws.com')).rejects.toThrow('is AWS');
    await expect(remote('AWS', 'https://ecs.eu-west-1.api.aws')).rejects.toThrow('is AWS');
  });

  it('is what docs/conformance.md says', () => {
    const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
    expect(page, 'docs/conformance.md is out of date: npm run tables').toBe(renderConformancePage(CHECKS, ORACLES));
  });

  it('has every check that docs/model.md names for a limit', () => {
    const page = readFileSync(new URL('../../docs/model.md', import.meta.url), 'utf8');
    const [, table = ''] = /## Limits\n([\s\S]*?)\n## /.exec(page) ?? [];
    const cells = table.split('\n').flatMap((row) => /^\|.*\|.*\|.*\|.*\| (`.*`) \|$/.exec(row)?.[1] ?? []);
    const named = cells.flatMap((cell) => cell.split('<br>').map((check) => check.slice(1, -1)));
    const folder = new URL('./', import.meta.url);
    const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
    const texts = tests.map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const names = new Set(CHECKS.map(({ name }) => name));
    expect(named.length).toBeGreaterThan(60);
    expect(
      named.filter(
        (name) => !names.has(name) && !texts.some((text) => text.includes(`it('${name}'`) || text.includes(`it("${name}"`)),
      ),
    ).toEqual([]);
  });

  it('finds nothing wrong with the simulated account', () => {
    expect([readLedger('simulator-in-process'), readLedger('simulator-over-http')]).toEqual([{}, {}]);
  });
});
