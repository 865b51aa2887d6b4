/** docs/reference.md against what the commands print: every field, in which commands, of which types. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { sampleEvents } from '../../scripts/cli/sample/sample.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { CLUSTER, type Deployment, GROUP } from '../../scripts/simulator/deployment.ts';
import { documentOf, runHere } from './command-line.ts';
import { HINT_QUEUE_URL, logRun, QUEUE_URL, stackText } from './deployed-stack.ts';
import { closeAccounts, ENV, HERE, LINE, MYSQL, openAccount, openAccountInStep } from './simulated-account.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/reference.md', import.meta.url)), 'utf8');
const EVENTS = sampleEvents({ status: 'life', count: 3, seed: 3, service: 'app', cluster: 'prod', wrap: 'eventbridge' });

const FOLDER = mkdtempSync(join(tmpdir(), 'reference-'));

afterEach(closeAccounts);
afterAll(() => rmSync(FOLDER, { recursive: true }));

interface Field {
  readonly path: string;
  /** Values that are written out, or names of types. */
  readonly types: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
}

const COMMANDS = ['plan', 'drift', 'status', 'leftovers', 'replay', 'replay --against account'] as const;

function documented(): Map<string, Field> {
  const rows = PAGE.split('\n').flatMap((line) =>
    /^\| `/.test(line) ? [line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, ''))] : [],
  );
  const fields = rows
    .filter((cells) => cells.length === 4)
    .map(([path = '', types = '', commands = '']) => ({
      path: path.replaceAll('`', ''),
      types: new Set(types.startsWith('`') ? types.split(', ').map((each) => each.slice(1, -1)) : types.split(' or ')),
      commands: new Set<string>(commands === 'all' ? COMMANDS : commands.split(', ')),
    }));
  return new Map(fields.map((field) => [field.path, field]));
}

/** Every value of the document with its path. */
function valuesIn(value: unknown, path: string): { readonly path: string; readonly value: unknown }[] {
  const own = path === '' ? [] : [{ path, value }];
  if (Array.isArray(value)) {
    // An object in a list has no row of its own: its fields have.
    return [...own, ...value.flatMap((each) => valuesIn(each, `${path}[]`).filter((found) => !isObject(found.value)))];
  }
  if (!isObject(value)) return own;
  const below = Object.entries(value).flatMap(([key, each]) =>
    valuesIn(each, path === '' ? key : path === 'calls' ? 'calls.OPERATION' : `${path}.${key}`),
  );
  return [...own, ...below];
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** Documents of every command in every situation that has fields of its own. */
async function documents(): Promise<JsonObject[]> {
  const all: JsonObject[] = [];
  const take = async (args: readonly string[], stdin = '', env: Readonly<Record<string, string>> = ENV): Promise<void> => {
    all.push(documentOf(await runHere([...args, '--json'], { stdin, env })));
  };
  const { deployment, endpoint } = await openAccount();
  const at = ['--endpoint-url', endpoint];
  for (const command of [['plan'], ['drift'], ['replay', '--against', 'account']]) {
    const stdin = command.length > 1 ? capture(deployment) : '';
    await take([...command, ...HERE, '--cloud-map-service', MYSQL, '--bind', LINE, ...at], stdin);
    await take([...command, ...HERE, '--bind', `${LINE} mode=observe`, ...at], stdin);
    await take([...command, ...HERE, '--bind', LINE, ...at], stdin, {});
    const held = await openAccountInStep();
    held.deployment.account.ecs.addService(CLUSTER, 'app', [GROUP]);
    held.deployment.start(1);
    await held.deployment.pass(1_000);
    await take([...command, ...HERE, '--bind', LINE, '--endpoint-url', held.endpoint], stdin);
  }
  await take(['drift', '--simulated']);
  await takeLeftovers(take);
  await takeStatus(take);
  const bind = ['--bind', 'target-group=web service=app port=8080'];
  const target = JSON.stringify({
    TargetHealthDescriptions: [{ Target: { Id: '10.20.0.99', Port: 8080 }, TargetHealth: { State: 'healthy' } }],
  });
  const early = EVENTS.split('\n').slice(0, 8).join('\n');
  await take(['replay', ...bind], `${early}\n${target}\n{"source":"aws.ec2"}\nlost words\n{"events":[]}\n`);
  await take(['replay', '--bind', 'target-group=web service=app port=8080 mode=observe'], early);
  await take(['replay', 'none.json', '-'], EVENTS);
  await take(['replay'], 'hello');
  return all;
}

type Take = (args: readonly string[], stdin?: string, env?: Readonly<Record<string, string>>) => Promise<void>;

async function takeLeftovers(take: Take): Promise<void> {
  const { deployment, endpoint } = await openAccount();
  const at = ['--bind', LINE, '--endpoint-url', endpoint];
  await take(['leftovers', ...HERE, ...at]);
  await take(['leftovers', ...HERE, ...at], '', {});
  // A stranger at an address that another task has by now.
  deployment.start(1, { group: 'family:job', definition: 'job:1', ipv4: '10.0.9.9' });
  await deployment.pass(1_000);
  await take(['leftovers', ...HERE, ...at]);
  // A target of our own whose line is gone, in a group that the function's log knows.
  const bound = await openAccountInStep();
  bound.deployment.account.logs.addGroup(LOG_GROUP);
  await bound.deployment.schedule();
  bound.deployment.account.ecs.addService(CLUSTER, 'next');
  Object.assign(bound.deployment.settings, { binding: 'service=next port=8080' });
  await take(['leftovers', '--settings', stackFile(bound.deployment), '--endpoint-url', bound.endpoint]);
  bound.deployment.account.elb.register(bound.deployment.group, [{ id: '10.0.9.9', port: 8080, zone: undefined }]);
  await bound.deployment.schedule();
  await take(['leftovers', '--settings', stackFile(bound.deployment), '--endpoint-url', bound.endpoint]);
}

async function takeStatus(take: Take): Promise<void> {
  const { deployment, endpoint } = await openAccount();
  const alarms = join(FOLDER, 'alarms.json');
  writeFileSync(alarms, JSON.stringify({ MetricAlarms: [{ AlarmName: 'drift age', StateValue: 'ALARM' }] }));
  const args = ['status', '--settings', stackFile(deployment), '--endpoint-url', endpoint];
  await take(args);
  await take(args, '', {});
  logRun(deployment, { driftAgeMs: 120_000 });
  deployment.account.queues.set(QUEUE_URL, () => 1);
  await take([...args, '--alarms', alarms]);
  deployment.account.logs.tagsOf(LOG_GROUP).set('alb-target-sync', 'paused');
  await take(args);
  const good = await openAccountInStep();
  logRun(good.deployment);
  good.deployment.account.queues.set(QUEUE_URL, () => 0);
  good.deployment.account.queues.set(HINT_QUEUE_URL, () => 0);
  const outputs = { QueueUrl: HINT_QUEUE_URL, Version: '1.2.3' };
  await take(['status', '--settings', stackFile(good.deployment, outputs), '--endpoint-url', good.endpoint]);
}

function stackFile(deployment: Deployment, outputs: Readonly<Record<string, string>> = {}): string {
  const file = join(FOLDER, 'stack.json');
  writeFileSync(file, stackText(deployment, outputs));
  return file;
}

function capture(deployment: Deployment): string {
  const [task] = deployment.account.ecs.tasks.values();
  const detail = {
    taskArn: task?.arn,
    clusterArn: CLUSTER,
    group: 'service:app',
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
  };
  const event = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail };
  return [{ id: '1', ...event, detail: { ...detail, version: 3 } }, event, { source: 'aws.ec2' }]
    .map((each) => JSON.stringify(each))
    .join('\n');
}

describe('docs/reference.md', () => {
  it('has every field that a command prints, of those types, and no other', async () => {
    const fields = documented();
    expect(fields.size).toBeGreaterThan(50);
    const seen = new Map<string, { readonly types: Set<string>; readonly commands: Set<string> }>();
    for (const document of await documents()) {
      const command = String(document['command']);
      const values = valuesIn(document, '');
      // A field is never left out: where it is documented for the command, the document has it.
      const top = [...fields.values()].filter(({ path, commands }) => /^\w+$/.test(path) && commands.has(command));
      expect(Object.keys(document).sort()).toEqual(top.map(({ path }) => path).sort());
      for (const { path, value } of values) {
        const field = fields.get(path);
        expect([path, field?.path, field?.commands.has(command)]).toEqual([path, path, true]);
        const kind = [...(field?.types ?? [])].find((each) => each === JSON.stringify(value)) ?? typeOf(value);
        expect([path, kind, field?.types.has(kind)]).toEqual([path, kind, true]);
        const known = seen.get(path) ?? { types: new Set(), commands: new Set() };
        known.types.add(kind);
        known.commands.add(command);
        seen.set(path, known);
      }
    }
    expect([...fields.keys()].filter((path) => !seen.has(path))).toEqual([]);
    const unseen = [...fields.values()].flatMap(({ path, types, commands }) => [
      ...[...commands].filter((command) => !seen.get(path)?.commands.has(command)).map((command) => `${path} in ${command}`),
      ...[...types]
        .filter((type) => !/^["\d]/.test(type) && !seen.get(path)?.types.has(type))
        .map((type) => `${path} of type ${type}`),
    ]);
    expect(unseen).toEqual([]);
  });

  it('has the exit code that the process ends with', async () => {
    const { endpoint } = await openAccount();
    for (const args of [
      ['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint],
      ['drift', '--simulated'],
      ['leftovers', ...HERE, '--bind', LINE, '--endpoint-url', endpoint],
      ['replay', '-'],
    ]) {
      const ended = await runHere([...args, '--json'], { stdin: EVENTS, env: ENV });
      expect(documentOf(ended)['exitCode']).toBe(ended.code);
    }
  });
});
