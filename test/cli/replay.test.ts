/** `replay`, `sample` and the command line around them: as processes where it is about what a process has. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { replayCommand } from '../../scripts/cli/replay/command.ts';
import { sampleCommand } from '../../scripts/cli/sample/command.ts';
import { runCommand, runHere } from './command-line.ts';
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

/** The one document on standard output. */
function documentOf(stdout: string): JsonObject {
  const document: unknown = JSON.parse(stdout);
  if (!isObject(document)) throw new Error(`expected an object: ${stdout.slice(0, 100)}`);
  return document;
}

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
    const document = documentOf(stdout);
    expect(Object.keys(document)).toEqual(['events', 'changes', 'targets', 'findings', 'calls']);
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
      expect(Object.keys(change)).toEqual(['kind', 'targetGroup', 'ip', 'port', 'because', 'taskArn']);
    expect(targetsOf(document)).toEqual(servingAtTheEnd(EVENTS));
    expect(document['calls']).toMatchObject({ RegisterTargets: expect.any(Number) });
  });

  it('reads standard input, gzip or not, where no file or - is named', async () => {
    const expected = documentOf((await runHere(['replay', '--json', CAPTURE])).stdout);
    for (const [args, stdin] of [
      [['replay', '--json'], LINES],
      [['replay', '--json', '-'], gzipSync(LINES)],
    ] as const) {
      const { code, stdout } = await runCommand(args, { stdin });
      expect(code).toBe(0);
      expect(targetsOf(documentOf(stdout))).toEqual(targetsOf(expected));
    }
  });

  it('tells in words what happened, without colour where it is piped', async () => {
    const { code, stdout } = await runCommand(['replay', CAPTURE, '--bind', 'target-group=blue service=app port=9090']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^In step: \d+ targets in 1 target group after \d+ events/);
    expect(stdout).toContain('blue  <-  service  app  :9090');
    expect(stdout).toMatch(/^ {2}\+ {2}10\.20\.0\.\d+:9090 +blue +task is running/m);
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
    expect(targetsOf(documentOf(stdout))).toEqual(servingAtTheEnd(EVENTS).map((address) => address.replace('8080', '9090')));
  });

  it('ends with 2 where tasks and targets differ, and says where', async () => {
    const target = { Target: { Id: '10.20.0.99', Port: 8080 }, TargetHealth: { State: 'healthy' } };
    const targets = fileWith('targets.json', JSON.stringify({ TargetHealthDescriptions: [target] }));
    const { code, stdout } = await runHere(['replay', CAPTURE, targets]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^NOT in step \(1 difference\)/);
    expect(stdout).toMatch(/left behind {2}10\.20\.0\.99:8080 {2}app/);
  });

  it('lists what it could not read and goes on; with --strict it ends with 1', async () => {
    const torn = fileWith('torn.json', `${LINES}{"detail-type":\n`);
    const mild = await runHere(['replay', torn, 'none.json']);
    expect(mild.code).toBe(0);
    expect(mild.stdout).toContain(`${torn} line ${EVENTS.length + 1}`);
    expect(mild.stdout).toContain('none.json');
    expect(mild.stdout).toContain('there is no such file');
    expect((await runHere(['replay', '--strict', torn])).code).toBe(1);
    expect((await runHere(['replay', '--strict', CAPTURE])).code).toBe(0);
  });

  it('ends with 1 where there is nothing to replay, without a word of being in step', async () => {
    for (const [stdin, why] of [
      ['', 'there is nothing in it'],
      ['{"events":[],"searchedLogStreams":[]}', 'an empty list (1)'],
      ['{"a":1}', 'it is an object with the keys "a"'],
    ] as const) {
      const { code, stdout, stderr } = await runHere(['replay'], { stdin });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('Nothing to replay');
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
    expect([failed, stderr]).toEqual([253, expect.stringContaining('cannot be written')]);
  });
});

describe('the command line', () => {
  it.each([
    [replayCommand, ['--fast'], "Unknown option '--fast'. What there is: alb-target-sync replay --help"],
    [replayCommand, ['--port'], "Option '--port <value>' argument missing"],
    [replayCommand, ['--port', '0'], '--port is "0"; expected a whole number from 1 to 65535.'],
    [replayCommand, ['--port', '65536'], '--port is "65536"; expected a whole number from 1 to 65535.'],
    [replayCommand, ['--lose', '1.01'], '--lose is "1.01"; expected a number from 0 to 1.'],
    [replayCommand, ['--duplicate=-1'], '--duplicate is "-1"; expected a number from 0 to 1.'],
    [replayCommand, ['--order', 'random'], '--order is "random"; expected time, as-is or shuffle=SEED, such as shuffle=7.'],
    [replayCommand, ['--against', 'test'], '--against is "test"; expected account.'],
    [replayCommand, ['--region', 'eu-west-1'], '--region only goes with --against account'],
    [replayCommand, ['--against', 'account', '--lose', '0.1'], '--lose does not go with --against account'],
    [replayCommand, ['-', '-'], '- is given twice; standard input can be read once.'],
    [
      replayCommand,
      ['--bind', 'target-group=a_b service=app port=1'],
      'names the target group "a_b"; expected letters, digits and hyphens',
    ],
    [replayCommand, [CAPTURE, '--bind', 'service=app prt=1'], 'In --bind, line 1, "prt=1" cannot be used; expected one of'],
    [sampleCommand, ['--status', 'DONE'], '--status is "DONE"; expected life, PROVISIONING'],
    [sampleCommand, ['--wrap', 'zip'], '--wrap is "zip"; expected eventbridge'],
    [sampleCommand, ['--count', '1.5'], '--count is "1.5"; expected a whole number from 1 to 100000.'],
    [sampleCommand, ['more'], "Unexpected argument 'more'"],
  ])('refuses what cannot be meant, and says what was expected: %o %j', async (command, args, expected) => {
    await expect(command(args)).rejects.toMatchObject({ code: 252, message: expect.stringContaining(expected) });
  });

  it('ends with 252 and a word to the person who mistyped, on standard error only', async () => {
    for (const [args, expected] of [
      [['replay', '--fast'], "Unknown option '--fast'. What there is: alb-target-sync replay --help\n"],
      [['reply'], 'There is no command "reply".\n'],
      [[], 'alb-target-sync COMMAND [options]\n'],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(args);
      expect([code, stdout]).toEqual([252, '']);
      expect(stderr.startsWith(expected)).toBe(true);
    }
  });

  it('helps with itself and with each command, and knows its version', async () => {
    expect(await runHere(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^alb-target-sync COMMAND/) });
    for (const command of ['replay', 'plan', 'sample']) {
      const stdout = expect.stringMatching(new RegExp(`^alb-target-sync ${command}`));
      expect(await runHere(['help', command])).toMatchObject({ code: 0, stdout });
    }
    expect((await runHere(['--version'])).stdout).toMatch(/^alb-target-sync \d+\.\d+\.\d+\n$/);
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
    expect(targetsOf(documentOf(stdout.join('')))).toEqual(servingAtTheEnd(EVENTS));
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
    expect(targetsOf(documentOf(replayed.stdout))).toHaveLength(3);
  });
});
