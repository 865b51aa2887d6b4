/** One account, set up the same way on two backends, and what two readers of ours say of it: the built bundle and `plan`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';
import { objectsIn, only } from '../conformance/check.ts';
import type { Backend, Scene } from '../conformance/scene.ts';
import { NODE, ROOT } from './command.ts';
import { watch } from './watch.ts';

export interface Reading {
  /** The answer to the second `{"check": true}` of one environment: differences of Cloud Map are told at the second look. */
  readonly check: JsonObject;
  /** What `plan --json` prints. */
  readonly plan: JsonObject;
  /** Calls of both by operation, counted on the way. */
  readonly calls: ReadonlyMap<string, number>;
  /** Words that stand for what each backend names in its own way: tasks by their order, the group, the services. */
  readonly names: ReadonlyMap<string, string>;
}

interface DeployedAccount {
  readonly cluster: string;
  readonly group: string;
  readonly service: string;
  readonly names: ReadonlyMap<string, string>;
}

const ATTRIBUTES = { ECS_SERVICE_NAME: 'app', ECS_CLUSTER_NAME: 'prod', AWS_INIT_HEALTH_STATUS: 'UNHEALTHY' };
const LOOKS_APART_MS = 11_000;
/** An address of no subnet of the VPC. */
const OUTSIDE = '192.168.200.9';

/**
 * Three tasks run and one has stopped. Registered are the first, the stopped one, and a target of somebody else. The first has
 * its instance, the second one with a wrong address, the third none, and the stopped one still has its own.
 */
async function setUp(scene: Scene): Promise<DeployedAccount> {
  const { call, cluster } = scene;
  const group = await scene.addGroup({ tags: { 'alb-target-sync': 'service=app port=8080' } });
  const { id, arn: service } = await scene.addCloudMapService({ 'alb-target-sync': 'service=app' });
  const tasks = [...(await scene.run(4))].sort();
  const described = objectsIn(await call('DescribeTasks', { cluster, tasks }), 'tasks');
  const addresses = tasks.map((arn) => addressOf(described.find(({ taskArn }) => taskArn === arn) ?? {}));
  const ids = [addresses[0], addresses[3], OUTSIDE];
  const targets = ids.map((Id) => ({ Id, Port: 8080, ...(Id === OUTSIDE ? { AvailabilityZone: 'all' } : {}) }));
  await call('RegisterTargets', { TargetGroupArn: group, Targets: targets });
  for (const [index, AWS_INSTANCE_IPV4] of [addresses[0], '10.99.99.99', undefined, addresses[3]].entries()) {
    if (AWS_INSTANCE_IPV4 === undefined) continue;
    const InstanceId = idOf(tasks[index] ?? '');
    const Attributes = { ...ATTRIBUTES, AWS_INSTANCE_IPV4 };
    await call('RegisterInstance', { ServiceId: id, InstanceId, CreatorRequestId: InstanceId, Attributes });
  }
  await call('StopTask', { cluster, task: tasks[3] });
  await scene.pass(2);
  const words = [...tasks.map((arn, index) => [idOf(arn), `task-${index}`] as const), ...wordsOf(addresses)];
  const account = group.split(':')[4] ?? '';
  const named = [
    [group, 'the-group'],
    [group.split('/')[1] ?? '', 'the-group'],
    [service, 'the-service'],
    [id, 'the-service'],
  ] as const;
  return {
    cluster,
    group,
    service,
    names: new Map([...named, ...words, [nameOf(cluster), 'the-cluster'], [account, 'the-account']]),
  };
}

/** Reads the account through a watch: the bundle twice, then the command. */
export async function readAccount(backend: Backend, endpointOf: () => string): Promise<Reading> {
  const account = await setUp(await backend.open());
  const watched = await watch(endpointOf());
  try {
    const check = await checkByBundle(account, watched.endpoint);
    const plan = await planByCommand(account, watched.endpoint);
    return { check, plan, calls: watched.calls, names: account.names };
  } finally {
    await watched.close();
  }
}

async function checkByBundle({ cluster, group, service }: DeployedAccount, endpoint: string): Promise<JsonObject> {
  const { file } = await buildFunction(bundleOptions());
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-check-'));
  const answer = join(folder, 'answer.json');
  const code = `
    const { handler } = require(${JSON.stringify(file)});
    const context = { getRemainingTimeInMillis: () => 30000 };
    handler({ check: true }, context)
      .then(() => new Promise((resolve) => setTimeout(resolve, ${LOOKS_APART_MS})))
      .then(() => handler({ check: true }, context))
      .then((answer) => require('node:fs').writeFileSync(${JSON.stringify(answer)}, JSON.stringify(answer)));`;
  const settings = {
    CLUSTER_ARNS: cluster,
    TARGET_GROUP_ARNS: group,
    CLOUD_MAP_SERVICE_ARNS: service,
    BINDINGS: '',
    MODE: 'enforce',
  };
  try {
    await run(['-e', code], { ...settings, AWS_ENDPOINT_URL: endpoint, POWERTOOLS_SERVICE_NAME: 'alb-target-sync' }, [0]);
    return parsed(readFileSync(answer, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(dirname(file), { recursive: true });
  }
}

async function planByCommand({ cluster, group, service }: DeployedAccount, endpoint: string): Promise<JsonObject> {
  const code = `import(${JSON.stringify(join(ROOT, 'scripts/cli/plan/command.ts'))})
    .then(({ planCommand }) => planCommand(process.argv.slice(1)))
    .then((code) => { process.exitCode = code; });`;
  const options = ['--json', '--cluster', cluster, '--target-group', group, '--cloud-map-service', service];
  // 2: there are differences.
  return parsed(await run(['-e', code, '--', ...options, '--endpoint-url', endpoint], {}, [2]));
}

/** Runs Node with credentials of nobody. Resolves to its standard output, or rejects with all that it wrote. */
function run(args: readonly string[], more: Readonly<Record<string, string>>, codes: readonly number[]): Promise<string> {
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'conformance',
    AWS_SECRET_ACCESS_KEY: 'conformance',
    ...more,
  };
  const child = spawn(NODE, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const [answer, written]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => answer.push(text) && written.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== null && codes.includes(code)) resolve(answer.join(''));
      else reject(new Error(`The reader ended with ${code}; expected ${codes.join(' or ')}:\n${written.join('')}`));
    });
  });
}

function parsed(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`Expected a JSON object, found ${text.slice(0, 200)}`);
  return value;
}

function addressOf(task: JsonObject): unknown {
  const details = objectsIn(only(task, 'attachments'), 'details');
  return details.find(({ name }) => name === 'privateIPv4Address')?.['value'];
}

function wordsOf(addresses: readonly unknown[]): (readonly [string, string])[] {
  return addresses.map((address, index) => [String(address), `address-${index}`]);
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function nameOf(cluster: string): string {
  return cluster.slice(cluster.indexOf('/') + 1);
}
