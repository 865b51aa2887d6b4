/** Processes and those that they have started, as Linux tells in /proc. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The process and all that it has started, children's children too. */
export function familyOf(pid: number): number[] {
  const children = numbersIn('/proc').filter((each) => parentOf(each) === pid);
  return [pid, ...children.flatMap(familyOf)];
}

/** The names in a folder that are numbers: processes in /proc, open files in /proc/PID/fd. */
export function numbersIn(folder: string): number[] {
  return existsSync(folder) ? readdirSync(folder).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])) : [];
}

/** Empty where the process has ended since it was listed. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function parentOf(pid: number): number | undefined {
  const status = readIfThere(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may contain anything, parentheses too.
  const parent = status.slice(status.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}
