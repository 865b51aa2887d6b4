/** `status`, talking HTTP to the simulated account: each headline with its exit code, both sides of every border, and no write. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../functions/core/finding.ts';
import type { JsonObject } from '../../functions/core/json.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { variablesOf } from '../../scripts/simulator/deployment.ts';
import type { Fault } from '../../scripts/simulator/faults.ts';
import { FILES, viewOf } from '../../scripts/tools/template/templates.ts';
import { documentOf, type Ended, listOf, runCommand, runHere } from './command-line.ts';
import { HINT_QUEUE_URL, logRun, QUEUE_URL, stackText } from './deployed-stack.ts';
import { closeAccounts, ENV, openAccountInStep, type SimulatedAccount, writesOf } from './simulated-account.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'status-'));
const RUNBOOK = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const DENIED: Fault = { kind: 'error', code: 'AccessDeniedException', status: 400 };

let account: SimulatedAccount;
let deadLetters: number;

beforeEach(async () => {
  account = await openAccountInStep();
  deadLetters = 0;
  const { deployment } = account;
  deployment.account.logs.addGroup(LOG_GROUP);
  deployment.account.queues.set(QUEUE_URL, () => deadLetters);
});
afterEach(closeAccounts);
afterAll(() => rmSync(FOLDER, { recursive: true }));

function status(...args: readonly string[]): Promise<Ended> {
  const stack = stackText(account.deployment, { RedriveCommand: 'aws sqs start-message-move-task' });
  return runHere([...asked(stack), ...args], { env: ENV });
}

function asked(settings: string): string[] {
  const file = join(FOLDER, 'stack.json');
  writeFileSync(file, settings);
  return ['status', '--settings', file, '--endpoint-url', account.endpoint];
}

/** Exit code, headline, what to type next and the section of the runbook; the text and the document say the same. */
async function verdict(...args: readonly string[]): Promise<unknown[]> {
  const text = await status(...args);
  const json = await status(...args, '--json');
  const { headline, next, runbook, exitCode } = documentOf(json);
  expect([text.code, text.stdout.split('\n')[0], json.code]).toEqual([exitCode, withoutAge(headline, text), exitCode]);
  if (next !== null) expect(text.stdout).toContain(`\nNext: ${String(next)}\n`);
  if (runbook !== null) expect(anchors()).toContain(String(runbook).replace('docs/operations.md#', ''));
  return [text.code, headline, next, runbook];
}

/** A second may pass between the two commands. */
function withoutAge(headline: unknown, { stdout }: Ended): unknown {
  const first = stdout.split('\n')[0];
  return String(headline).replace(/\d+ s/g, '') === first?.replace(/\d+ s/g, '') ? first : headline;
}

function anchors(): string[] {
  return [...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
}

function finding(kind: Finding['kind']): Finding {
  return { kind, subject: '10.0.0.5:8080', message: 'Something.' };
}

describe('status', () => {
  it('is in step where the function runs and every group is, and reads only', async () => {
    logRun(account.deployment);
    expect(await verdict()).toEqual([
      0,
      expect.stringMatching(/^In step: 1 target group and 1 Cloud Map service; the last scheduled pass was \d+ s ago\.$/),
      null,
      null,
    ]);
    const { stdout, stderr } = await status();
    expect(stderr).toBe('');
    expect(stdout).toMatch(/Stack alb-target-sync\n +last pass +\d+ s ago: drift age 0 s, outages 0, mistakes 0, errors 0\n/);
    expect(stdout).toMatch(/paused +no\n +alarms +not asked: --alarms FILE\n +dead letters +0\n/);
    expect(stdout).not.toContain('Target groups\n');
    expect(stdout).toContain('0 write calls');
    expect(writesOf(account.deployment)).toBe(0);
  });

  it('takes the stack from standard input, in a process', async () => {
    logRun(account.deployment);
    const args = ['status', '--settings', '-', '--endpoint-url', account.endpoint, '--json'];
    const ended = await runCommand(args, { stdin: stackText(account.deployment), env: ENV });
    expect([ended.code, documentOf(ended)['stack']]).toEqual([0, 'alb-target-sync']);
  });

  it.each([
    { agoMs: 120_000, code: 0, headline: /^In step: .* was 2 min ago\.$/ },
    {
      agoMs: 185_000,
      code: 2,
      headline: /^NOT RUNNING: the last scheduled pass was 3 min ago\. Tasks that start get no traffic/,
    },
    { agoMs: 1_000_000, code: 2, headline: /^NOT RUNNING: no scheduled pass for 15 min\./ },
  ])('says $code where the last run is $agoMs ms old', async ({ agoMs, code, headline }) => {
    logRun(account.deployment, { agoMs });
    const [ended, told, next, runbook] = await verdict();
    expect([ended, told]).toEqual([code, expect.stringMatching(headline)]);
    if (code === 2)
      expect([next, runbook]).toEqual([
        `aws logs tail ${LOG_GROUP} --since 30m --format short`,
        'docs/operations.md#heartbeat',
      ]);
  });

  it('does not take a run of the queue or of a person for one of the schedule, nor a line that is none', async () => {
    logRun(account.deployment, { trigger: 'messages' });
    logRun(account.deployment, { trigger: 'check' });
    const sink = account.deployment.account.logs.sink(LOG_GROUP, 'two');
    sink('{"message":"run","trigger":"schedule"}');
    expect((await verdict())[1]).toMatch(/^NOT RUNNING/);
  });

  it('does not tell what the last of the runs has found for what is the case', async () => {
    logRun(account.deployment, { agoMs: 600_000, findings: [finding('contested')], driftAgeMs: 120_000, failed: 'PutEvents' });
    expect((await verdict())[1]).toMatch(/^NOT RUNNING: the last scheduled pass was 10 min ago\. [^.]+\.$/);
  });

  it('says who has paused it, with the command that resumes', async () => {
    logRun(account.deployment);
    const tags = account.deployment.account.logs.tagsOf(LOG_GROUP);
    tags.set('alb-target-sync', 'paused');
    const arn = `arn:aws:logs:eu-west-1:111122223333:log-group:${LOG_GROUP}`;
    expect(await verdict()).toEqual([
      2,
      'PAUSED: nothing is registered or deregistered until somebody resumes.',
      `aws logs untag-resource --region eu-west-1 --tag-keys alb-target-sync --resource-arn ${arn}`,
      'docs/operations.md#pause-and-resume',
    ]);
    tags.set('alb-target-sync', 'else');
    expect((await verdict())[0]).toBe(0);
  });

  it.each([
    { findings: ['contested'], headline: /^OUTAGE: 1 finding of that severity\.$/, runbook: 'outages' },
    { findings: ['never-healthy', 'port'], headline: /^TO MEND: 2 mistakes\.$/, runbook: 'mistakes' },
    { findings: ['contested', 'port'], headline: /^OUTAGE: .*\. Also: TO MEND: 1 mistake\.$/, runbook: 'outages' },
  ] as const)('counts what the function has found: $findings', async ({ findings, headline, runbook }) => {
    logRun(account.deployment, { findings: findings.map(finding) });
    expect(await verdict()).toEqual([2, expect.stringMatching(headline), 'aws lambda invoke', `docs/operations.md#${runbook}`]);
    expect((await status()).stdout).toContain(`\nThe function counts ${findings.length} more, which`);
  });

  it('takes a notice for no trouble', async () => {
    logRun(account.deployment, { findings: [finding('foreign')] });
    expect((await verdict())[0]).toBe(0);
  });

  it.each([
    { driftAgeMs: 89_000, code: 0 },
    { driftAgeMs: 90_000, code: 2 },
  ])('says $code where the function saw a difference of $driftAgeMs ms', async ({ driftAgeMs, code }) => {
    logRun(account.deployment, { driftAgeMs });
    const [ended, headline] = await verdict();
    expect([ended, code === 0 || String(headline).startsWith('BEHIND: ')]).toEqual([code, true]);
  });

  it('says that calls fail', async () => {
    logRun(account.deployment, { failed: 'PutEvents failed' });
    expect(await verdict()).toEqual([
      2,
      'CALLS FAIL: 1 error in the last scheduled pass.',
      'aws lambda invoke',
      'docs/operations.md#pass-errors',
    ]);
  });

  it('tells a group that is out of step from one that is about to be in step', async () => {
    const { deployment } = account;
    Object.assign(deployment.settings, { cloudMapServices: [] });
    deployment.start(1);
    await deployment.pass(1_000);
    logRun(deployment);
    expect((await verdict()).slice(0, 2)).toEqual([0, expect.stringMatching(/^In step: .* ago\. 1 change under way\.$/)]);
    expect((await status()).stdout).toMatch(/Target groups\n +web +under way for \d+ s +1 change to make\n/);

    // It has run for longer than the function has known it: somebody has bound the group a moment ago.
    for (const { history } of deployment.account.ecs.tasks.values())
      for (const state of history)
        if (state.startedAtMs !== undefined) Object.assign(state, { startedAtMs: state.startedAtMs - 100_000 });
    expect((await verdict())[0]).toBe(0);
    logRun(deployment, { driftAgeMs: 120_000 });
    const [code, headline, next, runbook] = await verdict();
    expect([code, headline]).toEqual([2, expect.stringMatching(/^OUT OF STEP: 1 of 1 target group for \d+ (s|min)\.$/)]);
    expect([next, runbook]).toEqual(['aws lambda invoke', 'docs/operations.md#drift-age']);
    const { groups } = documentOf(await status('--json'));
    expect(listOf(groups)).toMatchObject([{ name: 'web', state: 'out of step', waiting: 1, left: 0, why: [] }]);
  });

  it('leaves alone what the stack is told not to do, and says so', async () => {
    const { deployment } = account;
    deployment.start(1);
    await deployment.pass(1_000);
    logRun(deployment);
    Object.assign(deployment.settings, { mode: 'observe' });
    expect((await verdict()).slice(0, 2)).toEqual([0, expect.stringMatching(/ago\. 1 change left on purpose\.$/)]);
    expect((await status()).stdout).toMatch(/web +told not to +1 change left \(observe\)\n/);
  });

  it('names the alarms that ring, and the dead letters', async () => {
    logRun(account.deployment);
    const file = join(FOLDER, 'alarms.json');
    const alarms = (...states: readonly string[]): JsonObject => ({
      MetricAlarms: states.map((StateValue, index) => ({ AlarmName: `alarm-${index}`, StateValue })),
      CompositeAlarms: [{ AlarmName: 'page', StateValue: states.at(-1) }],
    });
    writeFileSync(file, JSON.stringify(alarms('OK', 'INSUFFICIENT_DATA')));
    expect((await verdict('--alarms', file))[0]).toBe(0);
    expect((await status('--alarms', file)).stdout).toMatch(/alarms +none rings\n/);
    writeFileSync(file, JSON.stringify(alarms('OK', 'ALARM')));
    deadLetters = 3;
    expect(await verdict('--alarms', file)).toEqual([
      2,
      'ALARM: alarm-1, page. Also: DEAD LETTERS: 3; scheduled passes that succeed make up for them.',
      'aws lambda invoke',
      'docs/operations.md#when-an-alarm-rings',
    ]);
    expect((await verdict()).slice(1)).toEqual([
      'DEAD LETTERS: 3; scheduled passes that succeed make up for them.',
      'aws sqs start-message-move-task',
      'docs/operations.md#dead-letters',
    ]);
  });

  it('tells the version, and how many hints wait', async () => {
    logRun(account.deployment);
    expect((await status()).stdout).toMatch(
      /waiting hints +not asked: the settings do not name the queue\n +version +not known: the settings do not have it\n/,
    );
    account.deployment.account.queues.set(HINT_QUEUE_URL, () => 7);
    const stack = stackText(account.deployment, { QueueUrl: HINT_QUEUE_URL, Version: '1.2.3' });
    expect((await runHere(asked(stack), { env: ENV })).stdout).toMatch(/waiting hints +7\n +version +1\.2\.3\n/);
    account.deployment.account.queues.clear();
    const unread = await runHere([...asked(stack), '--json'], { env: ENV });
    expect([unread.code, documentOf(unread)['headline']]).toEqual([
      254,
      'NOT READ: the queue of hints, the dead-letter queue. In the rest, nothing is wrong.',
    ]);
  });

  it('sends whoever has a target of unproved owner to leftovers', async () => {
    account = await openAccountInStep(160_000);
    const { deployment, service } = account;
    deployment.account.queues.set(QUEUE_URL, () => 0);
    const [task] = deployment.account.ecs.tasks.values();
    deployment.account.cloudMap.deregister(service, task?.id ?? '');
    deployment.account.elb.register(deployment.group, [{ id: '10.0.9.9', port: 8080, zone: undefined }]);
    if (task !== undefined) deployment.account.ecs.stop(task);
    await deployment.pass(20_000);
    logRun(deployment);
    const [code, headline, next] = await verdict();
    expect([code, headline]).toEqual([2, expect.stringMatching(/^TO MEND: 1 mistake\.$/)]);
    expect(next).toBe('npm run -s leftovers -- --settings FILE');
    // What this look has named itself is not counted again.
    logRun(deployment, { findings: [finding('unproven')] });
    expect((await status()).stdout).not.toContain('The function counts');
  });
});

describe('a part that cannot be read', () => {
  const denied = (...names: readonly string[]): void => {
    account.deployment.service.faults = (name) => (names.includes(name) ? DENIED : undefined);
  };

  it.each([
    {
      what: ['FilterLogEvents'],
      headline: "NOT READ: the function's log. In the rest, nothing is wrong.",
      row: /last pass +not read/,
    },
    {
      what: ['GetQueueAttributes'],
      headline: 'NOT READ: the dead-letter queue. In the rest, nothing is wrong.',
      row: /dead letters +not read/,
    },
    {
      what: ['DescribeTargetHealth'],
      headline: 'NOT READ: 1 of 1 target group (web). In the rest, nothing is wrong.',
      row: /web +not read/,
    },
    {
      what: ['logs.ListTagsForResource'],
      headline: 'NOT READ: whether it is paused. In the rest, nothing is wrong.',
      row: /paused +not read/,
    },
  ])('is named, and nothing is called in step: $what', async ({ what, headline, row }) => {
    logRun(account.deployment);
    denied(...what);
    const { code, stdout, stderr } = await status();
    expect([code, stdout.split('\n')[0]]).toEqual([254, headline]);
    expect(stdout).toMatch(row);
    expect(stdout).not.toMatch(/in step/i);
    expect(stderr).toContain('AccessDenied');
  });

  it('does not hide what is wrong in the rest', async () => {
    logRun(account.deployment, { findings: [finding('contested')] });
    denied('GetQueueAttributes');
    const { code, stdout } = await status();
    expect([code, stdout.split('\n')[0]]).toEqual([
      254,
      'OUTAGE: 1 finding of that severity. NOT READ: the dead-letter queue.',
    ]);
  });

  it('is the log, where the settings do not name it', async () => {
    const settings = JSON.stringify({ Environment: { Variables: variablesOf(account.deployment.settings) } });
    const { code, stdout } = await runHere(asked(settings), { env: ENV });
    expect([code, stdout.split('\n')[0]]).toEqual([
      1,
      "NOT COMPARED: the function's log, whether it is paused. In the rest, nothing is wrong.",
    ]);
    expect(stdout).toMatch(/dead letters +not asked: the settings do not name the queue/);
  });

  it('is all of it, without credentials', async () => {
    const { code, stdout } = await runHere(asked(stackText(account.deployment)));
    expect([code, stdout]).toEqual([253, expect.stringMatching(/^NOT READ: .*Nothing can be said\./)]);
  });
});

describe('status --simulated', () => {
  it('shows a stack in which something is wrong, with its alarms and its version, and needs no credentials', async () => {
    const { code, stdout, stderr } = await runHere(['status', '--simulated']);
    expect([code, stderr]).toEqual([2, '']);
    expect(stdout).toMatch(/^OUTAGE: 1 finding of that severity\. Also: TO MEND: 1 mistake; ALARM: /);
    expect(stdout).toMatch(
      /alarms +Outages, Mistakes, NotDoingItsJob\n +dead letters +0\n +waiting hints +0\n +version +\d+\.\d+\.\d+\n/,
    );
    expect(stdout).toContain('\nno-address ');
  });
});

it('has the version of the package in the output of the template', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = Object(JSON.parse(manifest));
  expect(viewOf(FILES).root().outputs['Version']).toBe(version);
});
