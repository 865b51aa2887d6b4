/** `replay`, `sample` and the command line around them: as processes where it is about what a process has. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { documentOf, listOf, runCommand, runHere } from './command-line.ts';
import { captureOf, servingAtTheEnd } from './replay/playing.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'replay-'));
const CLI = fileURLToPath(new URL('../../scripts/cli/main.ts', import.meta.url));
const BIN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url));
const EVENTS = captureOf(8, 5);
const LINES = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('');

afterAll(() => rmSync(FOLDER, { recursive: true }));

function fileWith(name: string, content: string | Uint8Array): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

const CAPTURE = fileWith('capture.json', LINES);

function targetsOf(document: JsonObject): string[] {
  const targets = Array.isArray(document['targets']) ? document['targets'].filter(isObject) : [];
  return targets
    .filter(({ state }) => state !== 'draining')
    .map(({ ip, port }) => `${ip}:${port}`)
    .sort();
}

describe('replay', () => {
  it('prints exactly one document with --json, in the promised shape', async () => {
    const { code, stdout, stderr } = await runHere(['replay', '--json', CAPTURE]);
    expect([code, stderr]).toEqual([0, '']);
    const document = documentOf({ stdout });
    expect(document).toMatchObject({ schemaVersion: 1, command: 'replay', verdict: 'in step', exitCode: 0, failures: [] });
    expect(document['events']).toEqual(
      EVENTS.map(() =>
        expect.objectContaining({
          file: CAPTURE,
          id: expect.any(String),
          reading: expect.stringMatching(/^(hint|ignored)$/),
          because: expect.any(String),
          taskArn: expect.stringContaining(':task/prod/'),
          version: expect.any(Number),
        }),
      ),
    );
    const changes = Array.isArray(document['changes']) ? document['changes'] : [];
    expect(changes.length).toBeGreaterThan(4);
    for (const change of changes)
      expect(change).toMatchObject({ at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), outcome: 'made', held: null });
    expect(targetsOf(document)).toEqual(servingAtTheEnd(EVENTS));
    expect(document['calls']).toMatchObject({ RegisterTargets: expect.any(Number) });
  });

  it('reads standard input, gzip or not, where no file or - is named', async () => {
    const expected = documentOf(await runHere(['replay', '--json', CAPTURE]));
    for (const [args, stdin] of [
      [['replay', '--json'], LINES],
      [['replay', '--json', '-'], gzipSync(LINES)],
    ] as const) {
      const { code, stdout } = await runCommand(args, { stdin });
      expect(code).toBe(0);
      expect(targetsOf(documentOf({ stdout }))).toEqual(targetsOf(expected));
    }
  });

  it('tells in words what happened, without colour where it is piped', async () => {
    const { code, stdout } = await runCommand(['replay', CAPTURE, '--bind', 'target-group=blue service=app port=9090']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^In step in the simulated account: \d+ targets in 1 target group after \d+ events/);
    expect(stdout).toContain('blue  <-  service  app  :9090');
    expect(stdout).toMatch(
      /^ {2}\d\d-\d\d \d\d:\d\d:\d\d {2}\+ {2}10\.20\.0\.\d+:9090 +blue +task is running +prod\/…[0-9a-f]{8}$/m,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('plays the same capture late, doubled, with losses, shuffled and with lagging reads to the same targets', async () => {
    const worst = [
      '--order',
      'shuffle=7',
      '--duplicate',
      '0.3',
      '--lose',
      '0.1',
      '--delay',
      '20',
      '--lag',
      '2.5',
      '--seed',
      '3',
    ];
    const { code, stdout } = await runHere(['replay', '--json', CAPTURE, ...worst, '--port', '9090']);
    expect(code).toBe(0);
    expect(targetsOf(documentOf({ stdout }))).toEqual(
      servingAtTheEnd(EVENTS).map((address) => address.replace('8080', '9090')),
    );
  });

  it('ends with 2 where tasks and targets differ, and says where', async () => {
    const target = { Target: { Id: '10.20.0.99', Port: 8080 }, TargetHealth: { State: 'healthy' } };
    const targets = fileWith('targets.json', JSON.stringify({ TargetHealthDescriptions: [target] }));
    const { code, stdout } = await runHere(['replay', CAPTURE, targets]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^NOT in step in the simulated account \(1 difference\)/);
    expect(stdout).toMatch(/left behind {2}10\.20\.0\.99:8080 {2}app/);
    expect(documentOf(await runHere(['replay', '--json', CAPTURE, targets]))).toMatchObject({
      verdict: 'differs',
      exitCode: 2,
      exitCodeMeans: 'tasks and targets differ',
      differences: [{ what: 'left behind', address: '10.20.0.99:8080', targetGroup: 'app' }],
    });
  });

  it('shows what mode=observe keeps from being made', async () => {
    const args = ['replay', CAPTURE, '--bind', 'target-group=blue service=app port=8080 mode=observe'];
    const { code, stdout } = await runHere(args);
    expect(code).toBe(2);
    expect(stdout).toContain('Changes: none.');
    expect(stdout).toMatch(/\nWould change \(observe\)\n.*\n {2}\d\d-\d\d .* {2}\+ /);
    const { changes } = documentOf(await runHere([...args, '--json']));
    const registered = listOf(changes).filter(({ kind, outcome }) => kind === 'register' && outcome === 'observed');
    expect(registered.map(({ ip }) => ip)).toEqual(
      expect.arrayContaining(servingAtTheEnd(EVENTS).map((each) => each.split(':')[0])),
    );
  });

  it('lists what it could not read once, and goes on; with --strict it ends with 1', async () => {
    const torn = fileWith('torn.json', `${LINES}{"detail-type":\n`);
    const { code, stdout } = await runHere(['replay', torn]);
    expect(code).toBe(0);
    expect(stdout.split(`${torn} line ${EVENTS.length + 1}`)).toHaveLength(2);
    expect(stdout).not.toMatch(/in step/i);
    expect((await runHere(['replay', '--strict', torn])).code).toBe(1);
    expect((await runHere(['replay', '--strict', CAPTURE])).code).toBe(0);
  });

  it('ends with 1 where a named file is missing, whatever the others say', async () => {
    const { code, stdout, stderr } = await runHere(['replay', CAPTURE, 'none.json']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/read {2}none\.json {2}there is no such file/)]);
    expect(stdout).toMatch(/^NOT READ: 1 file \(none\.json\)\. The rest agrees in the simulated account: /);
    expect(stdout).not.toContain('no such file');
  });

  it('ends with 1 where there is nothing to replay, without a word of being in step', async () => {
    for (const [stdin, why] of [
      ['', 'there is nothing in it'],
      ['{"events":[],"searchedLogStreams":[]}', 'an empty list (1)'],
      ['{"a":1}', 'it is an object with the keys "a"'],
    ] as const) {
      const { code, stdout, stderr } = await runHere(['replay'], { stdin });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^NOT PLAYED: /);
      expect(stderr).not.toMatch(/in step/i);
      expect(stderr).toContain(why);
    }
  });

  it('writes a page that tells of every event', async () => {
    const page = join(FOLDER, 'new', 'page.html');
    const { code } = await runHere(['replay', CAPTURE, '--html', page]);
    expect(code).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<!doctype html>');
    expect(html).toContain(`${EVENTS.length} events`);
    const { code: failed, stderr } = await runHere(['replay', CAPTURE, '--html', join(CAPTURE, 'page.html')]);
    expect([failed, stderr]).toEqual([1, expect.stringContaining('cannot be written: a part of its path is no folder.')]);
  });
});

describe('the command line', () => {
  it('helps with itself and with each command, and knows its version', async () => {
    expect(await runHere(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}npm run -s replay/) });
    for (const command of ['replay', 'plan', 'drift', 'sample']) {
      // Two commands to copy, then what it does, then the options.
      const stdout = expect.stringMatching(
        new RegExp(`^( {2}npm run -s ${command}.*\\n){2}\\n[A-Z][^]*\\n\\nOptions\\n {2}--[^]*\\n\\nExit codes\\n {2}0 `),
      );
      expect(await runHere(['help', command])).toMatchObject({ code: 0, stdout });
      expect(await runHere([command, '--help'])).toEqual(await runHere(['help', command]));
    }
    expect((await runHere(['--version'])).stdout).toMatch(/^alb-target-sync \d+\.\d+\.\d+\n$/);
  });

  it('helps with npm start, and does not start for somebody who has mistyped', () => {
    const demo = fileURLToPath(new URL('../../scripts/cli/demo/main.ts', import.meta.url));
    const start = (...args: readonly string[]) => spawnSync(process.execPath, [demo, ...args], { encoding: 'utf8' });
    expect(start('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ {2}npm start\n/) });
    const stderr = expect.stringContaining('There is no option --hlep. Did you mean --help?');
    expect(start('--hlep')).toMatchObject({ status: 252, stdout: '', stderr });
  });

  it('ends with 130 when it is interrupted', async () => {
    const child = spawn(process.execPath, [CLI, 'replay'], { stdio: ['pipe', 'ignore', 'ignore'] });
    // More than a pipe holds: once all of it is written, the command reads. The end of its input never comes.
    await new Promise((resolve) => child.stdin.write(LINES.repeat(20), resolve));
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });

  it('says nothing when nobody reads on', async () => {
    const child = spawn('/bin/sh', ['-c', `"${process.execPath}" "${CLI}" sample --count 3000 | head -c 100 >/dev/null`]);
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
    await once(child, 'close');
    expect(stderr.join('')).toBe('');
  });

  it('runs as a program of its own, from any folder, on the pinned Node', async () => {
    const child = spawn(BIN, ['replay', '--json', 'capture.json'], { cwd: FOLDER });
    const stdout: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(targetsOf(documentOf({ stdout: stdout.join('') }))).toEqual(servingAtTheEnd(EVENTS));
  });

  it('feeds samples to the replay', async () => {
    const { stdout } = await runHere([
      'sample',
      '--count',
      '3',
      '--wrap',
      'sns-in-sqs',
      '--service',
      'web',
      '--status',
      'running',
    ]);
    const replayed = await runHere(['replay', '--json'], { stdin: stdout });
    expect(targetsOf(documentOf(replayed))).toHaveLength(3);
  });
});
