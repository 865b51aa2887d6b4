/** The check of the built bundle and the command `plan` on an account in moto and on the same account simulated: one answer, no write. */
import { deepStrictEqual } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { list, objectsIn } from '../conformance/check.ts';
import { readLedger } from '../conformance/ledger.ts';
import { remote } from '../conformance/remote.ts';
import { createSdkCall } from '../conformance/sdk.ts';
import { simulatorOverHttp } from '../conformance/simulated.ts';
import { startMoto } from './emulator.ts';
import { type Reading, readAccount } from './one-account.ts';
import type { Step } from './step.ts';

export const SAME_ANSWER_STEPS: readonly Step[] = [
  { name: 'check and plan: moto, simulated', run: compareAnswers },
  { name: 'Cloud Map check on moto', run: checkCloudMap },
];

interface Readings {
  readonly simulated: Reading;
  readonly moto: Reading;
}

let readings: Promise<Readings> | undefined;

/** Both accounts are read once, for whichever steps are run. */
function readBoth(): Promise<Readings> {
  readings ??= Promise.all([readSimulated(), readMoto()]).then(([simulated, moto]) => ({ simulated, moto }));
  return readings;
}

async function readSimulated(): Promise<Reading> {
  let address = '';
  const backend = simulatorOverHttp('simulator over HTTP', (endpoint) => {
    address = endpoint;
    return createSdkCall(endpoint);
  });
  try {
    return await readAccount(backend, () => address);
  } finally {
    await backend.close();
  }
}

async function readMoto(): Promise<Reading> {
  const moto = await startMoto();
  try {
    return await readAccount(await remote('moto', moto.endpoint), () => moto.endpoint);
  } finally {
    await moto.close();
  }
}

async function compareAnswers(): Promise<string> {
  const { simulated, moto } = await readBoth();
  for (const { calls } of [simulated, moto]) {
    const writes = [...calls.keys()].filter((operation) => !/^(?:\w+\.)?(?:Describe|Filter|Get|List)/.test(operation));
    if (writes.length > 0) throw new Error(`Who was to read has also sent ${writes.join(', ')}.`);
  }
  const planned = objectsIn(moto.plan, 'changes').map(({ kind }) => kind);
  deepStrictEqual(planned.sort(), ['deregister', 'register', 'register']);
  const differences = differencesOf(wordsOf(simulated), wordsOf(moto));
  const known = readLedger('moto-answers');
  const problems = [
    ...differences
      .filter(({ path }) => !Object.keys(known).some((entry) => isWithin(path, entry)))
      .map(({ path, told }) => `${path}: ${told}`),
    ...Object.keys(known)
      .filter((entry) => !differences.some(({ path }) => isWithin(path, entry)))
      .map((entry) => `${entry}: the same by now, so take it out of the ledger`),
  ];
  if (problems.length > 0) throw new Error(`The answers on the simulated account and on moto differ:\n${problems.join('\n')}`);
  const reads = [...moto.calls.values()].reduce((sum, count) => sum + count, 0);
  return `${leavesOf(wordsOf(moto)).size} fields, ${Object.keys(known).length} known to differ; ${reads} reads, 0 writes`;
}

async function checkCloudMap(): Promise<string> {
  const { check, names } = (await readBoth()).moto;
  const [service] = objectsIn(check, 'checks');
  const findings = objectsIn(service ?? {}, 'findings').map(
    ({ kind, subject }) => `${kind} ${names.get(String(subject)) ?? subject}`,
  );
  deepStrictEqual(findings.sort(), ['mismatched task-1', 'stale task-3']);
  deepStrictEqual(list(service ?? {}, 'failures'), []);
  return findings.join(', ');
}

/** Whether the path is the ledger's entry, or leads on from it. */
function isWithin(path: string, entry: string): boolean {
  return path === entry || path.startsWith(`${entry}.`) || path.startsWith(`${entry}/`);
}

/** Both answers with the same words for what each backend names in its own way, and without times. */
function wordsOf({ check, plan, names }: Reading): JsonObject {
  // What stands are the findings of the groups and of the checks once more.
  const { standing: _, ...once } = check;
  let text = JSON.stringify({ check: once, plan });
  for (const [name, word] of names) text = text.replaceAll(name, word);
  const parsed: unknown = JSON.parse(text, (key, value: unknown) => (TIMES.has(key) ? undefined : value));
  return isObject(parsed) ? parsed : {};
}

const TIMES: ReadonlySet<string> = new Set([
  'ageSeconds',
  'at',
  'endedAt',
  'latencyMs',
  'proofAgeMs',
  'sinceMs',
  'startedAt',
  'tookMs',
]);

interface Difference {
  readonly path: string;
  readonly told: string;
}

function differencesOf(one: JsonObject, other: JsonObject): Difference[] {
  const [left, right] = [leavesOf(one), leavesOf(other)];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({ path, told: `${left.get(path) ?? 'nothing'} simulated, ${right.get(path) ?? 'nothing'} on moto` }));
}

/** Every value with the path that leads to it. What has a kind goes by it and by what it is about, not by its place in a list. */
function leavesOf(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (Array.isArray(value)) return joined(value.map((item, index) => leavesOf(item, `${path}/${keyOf(item) ?? index}`)));
  if (!isObject(value)) return new Map([[path, JSON.stringify(value)]]);
  return joined(Object.entries(value).map(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`)));
}

function keyOf(item: unknown): string | undefined {
  if (!isObject(item) || typeof item['kind'] !== 'string') return undefined;
  const { kind, subject, ip } = item;
  return `${kind} ${String(subject ?? ip).replace(/.*\//, '')}`;
}

function joined(maps: readonly ReadonlyMap<string, string>[]): ReadonlyMap<string, string> {
  return new Map(maps.flatMap((map) => [...map]));
}
