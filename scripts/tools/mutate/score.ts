/** Reads what Stryker kept of its run over one file. */
import { existsSync, readFileSync } from 'node:fs';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

export interface Mutant {
  /** `Killed`, `Timeout`, `Survived`, `NoCoverage`, `RuntimeError`, `Ignored` and the like. */
  readonly status: string;
  readonly line: number;
  readonly mutator: string;
  readonly replacement: string;
}

export interface Score {
  readonly file: string;
  readonly mutants: readonly Mutant[];
  /** Of those that are not exempt, the share that a test notices; 100 where there is nothing to notice. */
  readonly percent: number;
  readonly killed: number;
  readonly alive: number;
  /** Those that a comment in the source argues to be the same program. */
  readonly exempt: number;
}

const KILLED: readonly string[] = ['Killed', 'Timeout'];
/** `RuntimeError`: the tests could not even be loaded, so none of them has said anything. */
const ALIVE: readonly string[] = ['Survived', 'NoCoverage', 'RuntimeError'];

/** The mutants of the report; undefined where Stryker has left none. */
export function readMutants(report: string): Mutant[] | undefined {
  if (!existsSync(report)) return undefined;
  const read: unknown = JSON.parse(readFileSync(report, 'utf8'));
  const files = isObject(read) && isObject(read['files']) ? Object.values(read['files']) : [];
  return files
    .filter(isObject)
    .flatMap((file) => (Array.isArray(file['mutants']) ? file['mutants'].filter(isObject).map(mutantOf) : []));
}

export function scoreOf(file: string, mutants: readonly Mutant[]): Score {
  const count = (...statuses: readonly string[]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count(...KILLED);
  const exempt = count('Ignored');
  const alive = count(...ALIVE);
  const percent = killed + alive === 0 ? 100 : (100 * killed) / (killed + alive);
  return { file, mutants, percent, killed, alive, exempt };
}

/** One line for each mutant that no test has noticed. */
export function describeMutants(mutants: readonly Mutant[]): string[] {
  const alive = mutants.filter(({ status }) => ALIVE.includes(status));
  return alive
    .toSorted((one, other) => one.line - other.line)
    .map(
      ({ line, status, mutator, replacement }) =>
        `line ${line}: ${status}, ${mutator}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, 100)}`,
    );
}

function mutantOf(mutant: JsonObject): Mutant {
  const location = isObject(mutant['location']) && isObject(mutant['location']['start']) ? mutant['location']['start'] : {};
  return {
    status: String(mutant['status']),
    line: Number(location['line']),
    mutator: String(mutant['mutatorName']),
    replacement: String(mutant['replacement'] ?? ''),
  };
}
