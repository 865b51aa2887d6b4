/** `npm start`, as a newcomer runs it, and the README that quotes it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import { lastScreenOf, quotedIn, quoteInto, withoutSeconds } from '../../scripts/tools/docs/quote.ts';
import { plantInstalled, root, run } from '../walls/copy.ts';

const README = readFileSync(join(root, 'README.md'), 'utf8');
const PAGE = join(root, 'reports', 'demo.html');

function page(): string {
  return readFileSync(PAGE, 'utf8');
}

interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the script `start` of package.json does, its output piped. */
function start(environment: Readonly<Record<string, string>> = {}): Ending {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const scripts = isObject(manifest) && isObject(manifest['scripts']) ? manifest['scripts'] : {};
  const [program, ...words] = String(scripts['start']).split(' ');
  expect(program).toBe('node');
  const env = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...environment };
  return spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', env });
}

describe('npm start', () => {
  let piped: Ending = { status: null, stdout: '', stderr: '' };
  beforeAll(() => {
    piped = start();
  }, 180_000);

  it('ends in step, says so, and says it by its exit code', () => {
    expect(piped.stderr).toBe('');
    expect(piped.status).toBe(0);
    expect(piped.stdout).toContain(
      '\nIn step: all 8 running tasks of service app are targets of web, and none is left\nbehind.\n',
    );
    expect(piped.stdout).toContain('\nPage: reports/demo.html, ');
    // Eight tasks in the group, and what was registered by hand.
    expect(piped.stdout).toMatch(/^ {2}8:00 +8 +9 +0 +\d+ ={8}\+$/m);
  });

  it('shows what happened in its order', () => {
    const told = [
      ...['scale out to 30 tasks', '='.repeat(30), 'rolling deployment', '='.repeat(40), ' 40        10 '],
      ...['registered by hand', 'found foreign: 10.0.99.9:8080', 'found missing: prod/…', 'found stale: …'],
      ...['scale in to 8 tasks', '\nIn step: ', 'RUNNING to registered', 'events  ', 'calls  ', 'a pass a minute included'],
      ...['3 findings left to people', 'missing  prod/…', 'stale    …', 'foreign  10.0.99.9:8080', '\nPage: '],
    ];
    let from = 0;
    for (const words of told) {
      const at = piped.stdout.indexOf(words, from);
      expect(at, words).toBeGreaterThanOrEqual(from);
      from = at;
    }
  });

  it('lets events come late, twice and never, and addresses be used again', () => {
    const [, late, twice, lost] = /delivered: (\d+) late, (\d+) twice; (\d+) lost/.exec(piped.stdout) ?? [];
    for (const count of [late, twice, lost]) expect(Number(count)).toBeGreaterThan(5);
    const lanes = [...page().matchAll(/<span>[0-9a-f]{8} <i>([\d.]+)<\/i><\/span>/g)].map(([, ip]) => ip);
    expect(lanes.length - new Set(lanes).size).toBeGreaterThan(5);
    expect(piped.stdout).toMatch(
      /RUNNING to registered +median \d{3} ms, worst [0-9]\.\d s; event lost: worst [1-5]\d\.\d s\n/,
    );
    expect(piped.stdout).toContain('gone but still a target  0 ms\n');
  });

  it('is plain where it is piped, and the same in colour', () => {
    expect(stripVTControlCharacters(piped.stdout)).toBe(piped.stdout);
    const coloured = start({ FORCE_COLOR: '1' });
    expect(coloured.stdout).toContain('\u001b[');
    expect(withoutSeconds(stripVTControlCharacters(coloured.stdout))).toBe(withoutSeconds(piped.stdout));
  });

  it('ends quietly where nobody reads on', () => {
    const words = `'${process.execPath}' --disable-warning=ExperimentalWarning scripts/cli/demo/main.ts | head -n 1; echo "ended with ${'$'}{PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', words], { cwd: root, encoding: 'utf8' });
    expect(stdout.split('\n').slice(1)).toEqual(['ended with 141', '']);
    expect(stderr).toBe('');
  });

  it('writes the page that it names, with every event and its fate', () => {
    expect(page()).toContain('<h1 class="in-step">In step: service app → target group web</h1>');
    for (const fate of ['for the second time', 's late', 'lost on its way']) expect(page()).toContain(fate);
    expect(page()).toContain('<option value="finding: stale">stale</option>');
    expect(statSync(PAGE).size).toBeLessThan(200_000);
  });

  it('has its last screen in the README as it is', () => {
    expect(withoutSeconds(quotedIn(README)), 'npm run readme brings the README up to date').toBe(
      withoutSeconds(lastScreenOf(piped.stdout)),
    );
  });

  it('says that it is not in step, and fails, where the function does nothing', () => {
    const idle = 'export const handler = (): Promise<object> => Promise.resolve({ batchItemFailures: [] });\n';
    using copy = plantInstalled({ 'functions/sync/handler.ts': idle }, [
      ...['functions', 'template.yaml'],
      ...['scripts/cli/demo/main.ts', 'scripts/cli', 'scripts/simulator', 'scripts/tools/template', 'scripts/tools/docs'],
    ]);
    const { exitCode, output } = run(copy, process.execPath, 'scripts/cli/demo/main.ts');
    expect(output).toMatch(/^NOT in step: 0 of 8 running tasks of service app are targets of web/m);
    expect(output).toMatch(/^ {2}8:00 +8 +1 +0 +\d+ \.{8}\+$/m);
    expect(exitCode).toBe(1);
  });
});

describe('the README’s quotation', () => {
  it('is replaced and nothing else', () => {
    const changed = quoteInto(README, 'one\ntwo\n');
    expect(quotedIn(changed)).toBe('one\ntwo\n');
    expect(quoteInto(changed, quotedIn(README))).toBe(README);
  });

  it('leaves out how long the machine took, and no other figure', () => {
    expect(withoutSeconds('at most 2.2 s for all\n1.3 s for 8:00')).toBe('at most 2.2 s for all\n… s for 8:00');
  });

  it('is refused where there is no place for it, or nothing to quote', () => {
    expect(() => quotedIn('# README\n')).toThrow('no block to quote into');
    expect(() => lastScreenOf('crashed\n')).toThrow('no verdict');
  });
});
