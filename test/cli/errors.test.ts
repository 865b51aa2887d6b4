/**
 * Everything that a command says where it does not succeed: mistyped command lines, and no verdict without evidence. What comes out
 * is docs/errors.md; after a change, read it there once and let `npx vitest run test/cli/errors -u` write it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { FailureKind } from '../../functions/core/failure.ts';
import { type Resource, verdictOf } from '../../scripts/cli/answer.ts';
import { errors } from '../../scripts/cli/errors.ts';
import { answeredFailures } from '../../scripts/cli/failures.ts';
import { documentOf, type Ended, runHere } from './command-line.ts';
import { CELLS, type Cell, FILES, type Typed } from './evidence.ts';
import { MISTYPED, SETTINGS } from './mistyped.ts';
import { closeAccounts, ENV, openAccountInStep } from './simulated-account.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'errors-'));
const PAGE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));
const NAMED = /^(?:\.|[a-z]+\.(?:json|html)(?:\/page\.html)?)$/;

beforeAll(() => {
  for (const [name, content] of Object.entries({ ...FILES, ...SETTINGS })) writeFileSync(join(FOLDER, name), content);
});
afterEach(closeAccounts);
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** Files are named by their path. */
function run({ args, ...rest }: Typed & { readonly isTyped?: boolean }, ...more: readonly string[]): Promise<Ended> {
  return runHere([...args.map((word) => (NAMED.test(word) ? join(FOLDER, word) : word)), ...more], rest);
}

/** The command line and what it says, without what differs from run to run. */
function shown(text: string): string {
  const plain = text
    .replaceAll(`${FOLDER}/`, '')
    .replaceAll(FOLDER, '.')
    .replaceAll(/127\.0\.0\.1:\d{3,5}/g, '127.0.0.1:PORT');
  return plain.trimEnd();
}

function lineOf([command = '', ...args]: readonly string[]): string {
  const words = args.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `"${word}"`)).join(' ');
  return command === '' ? 'node scripts/run.mjs' : `npm run -s ${command}${words === '' ? '' : ` -- ${words}`}`;
}

const said: string[] = [];
const rows: string[] = [];
const explained = new Set<string>();

describe('a command line that cannot be meant', () => {
  const heard = new Set<string>();
  let spies: [string, MockInstance][] = [];
  beforeEach(() => {
    const all: Record<string, (...words: never) => unknown> = errors;
    spies = Object.keys(all).map((name) => [name, vi.spyOn(all, name)]);
  });
  afterEach(() => {
    for (const [name, spy] of spies) {
      if (spy.mock.calls.length > 0) heard.add(name);
      spy.mockRestore();
    }
  });

  it.each(MISTYPED.map((each): [string, typeof each] => [lineOf(each.args), each]))('%s', async (line, mistyped) => {
    const at = mistyped.isOfAccount ? ['--region', 'eu-west-1', '--endpoint-url', (await openAccountInStep()).endpoint] : [];
    const { code, stdout, stderr } = await run({ ...mistyped, env: mistyped.isOfAccount ? ENV : {} }, ...at);
    expect([code, stdout]).toEqual([mistyped.code, '']);
    expect(stderr).not.toMatch(/^ {4}at |\bE[A-Z]{4,}\b/m);
    // A variable that only the function has is named only where a file with its variables was given.
    if (!mistyped.args.includes('--settings')) expect(stderr).not.toMatch(/\b[A-Z]+_ARNS\b|stack's parameter/);
    for (const told of stderr.trimEnd().split('\n'))
      expect(stderr.split(told)).toHaveLength(told === '' ? stderr.split('').length : 2);
    said.push(`\`${line}\` ends with ${code}:\n\n\`\`\`text\n${shown(stderr)}\n\`\`\``);
  });

  it('is told of by every error that there is', () => {
    expect(Object.keys(errors).filter((name) => !heard.has(name))).toEqual(['notRead']);
  });
});

describe('a verdict', () => {
  it('is in step only where everything was read, something was, and nothing differs', () => {
    const resource = fc.record({
      type: fc.constantFrom<Resource['type']>('target group', 'line', 'file'),
      name: fc.string(),
      isRead: fc.boolean(),
      why: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.array(resource, { maxLength: 4 }), (differences, resources) => {
        const isEvidence = resources.length > 0 && resources.every(({ isRead }) => isRead);
        const verdict = verdictOf({ differences, resources });
        expect(verdict).toBe(differences > 0 ? 'differs' : isEvidence ? 'in step' : 'unknown');
      }),
    );
  });
});

describe('without evidence', () => {
  // The SDK draws how long it waits before it tries again: seconds, of which nothing here tells.
  let drawn: MockInstance | undefined;
  beforeEach(() => {
    drawn = vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => drawn?.mockRestore());

  it.each(CELLS.map((cell): [string, Cell] => [`${cell.command}, ${cell.way}`, cell]))('%s', async (_, cell) => {
    const text = await run(await cell.open());
    await closeAccounts();
    const json = await run(await cell.open(), '--json');
    const document = documentOf(json);
    expect([text.code, json.code, document['exitCode']]).toEqual([cell.code, cell.code, cell.code]);
    expect(document['verdict']).toBe('unknown');
    for (const told of [text.stdout, text.stderr, json.stdout]) expect(told).not.toMatch(/\bin step\b/i);
    const headline = (text.stdout || text.stderr).split('\n')[0] ?? '';
    expect(headline).toMatch(/^NOT(?:HING)? [A-Z ]+[:,]/);
    expect(document['headline']).toBe(headline);
    expect(text.stderr).not.toMatch(/^ {4}at /m);
    expect((await runHere([cell.command.split(' ')[0] ?? '', '--help'])).stdout).toMatch(new RegExp(`^ {2}${cell.code} `, 'm'));
    rows.push(`| ${cell.way} | \`${cell.command}\` | ${shown(headline)} | ${cell.code} |`);
    const why = shown(text.stderr);
    if (why !== '' && cell.command === 'plan' && !explained.has(why)) {
      explained.add(why);
      said.push(`\`plan\` with ${cell.way}:\n\n\`\`\`text\n${why}\n\`\`\``);
    }
  });
});

describe('advice', () => {
  const KINDS = { throttled: 1, unavailable: 1, denied: 1, gone: 1, refused: 1, quota: 1, 'out-of-time': 1, unexpected: 1 };

  it.each(typedKeys(KINDS))('is for somebody at a terminal, if a read failed for being %s', (kind) => {
    const [answered] = answeredFailures([{ kind, operation: 'DescribeTags', resource: 'web', message: 'X' }], {});
    expect(answered?.advice).toMatch(/^[A-Z].*\.$/);
    expect(answered?.advice).not.toMatch(/schedule|stack|function's role/);
  });

  /** The compiler wants every kind in the object, and no other. */
  function typedKeys(kinds: Readonly<Record<FailureKind, number>>): FailureKind[] {
    const all: FailureKind[] = [];
    let each: FailureKind;
    for (each in kinds) all.push(each);
    return all;
  }
});

describe('docs/errors.md', () => {
  it('has all of it', async () => {
    expect(rows).toHaveLength(CELLS.length);
    await expect(pageOf(said, rows)).toMatchFileSnapshot(PAGE);
  });
});

function pageOf(messages: readonly string[], table: readonly string[]): string {
  return `# What the command line says when it cannot answer

<!-- Written by \`npx vitest run test/cli/errors -u\`; the same test compares. -->

Exit codes are those of the AWS CLI where it has one: 252 for a wrong option, 253 without credentials or region, 254 where AWS refused
or did not answer, 130 after Ctrl-C. 0 is in step, 2 differs, and 1 is everything else of which nothing can be said.

## No verdict without evidence

A command says "in step" only of what was read, all of it. Each row is a test (\`test/cli/errors.test.ts\`), as text and as \`--json\`.

| what is wrong | command | first line | exit code |
| --- | --- | --- | ---: |
${table.join('\n')}

## Messages

Each as it comes out on standard error.

${messages.join('\n\n')}
`;
}
