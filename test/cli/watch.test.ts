/** `--watch`, in a process: it ends by being interrupted. Both commands wait side by side, as they wait by the clock on the wall. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import type { JsonObject } from '../../functions/core/json.ts';
import { documentOf, listOf } from './command-line.ts';

const CLI = fileURLToPath(new URL('../../scripts/cli/main.ts', import.meta.url));

/** The first two documents, one a line, and how it ended when it was interrupted then. */
async function watched(command: string) {
  const child = spawn(process.execPath, [CLI, command, '--simulated', '--watch', '--every', '5', '--json']);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [first, second] = [await lines.next(), await lines.next()].map(({ value }) => documentOf({ stdout: String(value) }));
  child.kill('SIGINT');
  return { first, second, ending: await once(child, 'exit') };
}

describe.concurrent('--watch', () => {
  it('lets status read again, one document a line, until it is interrupted', async ({ expect }) => {
    const { first, second, ending } = await watched('status');
    expect(ending).toEqual([130, null]);
    const betweenMs = Date.parse(String(second?.['endedAt'])) - Date.parse(String(first?.['endedAt']));
    expect(betweenMs).toBeGreaterThanOrEqual(5_000);
    expect([first?.['exitCode'], second?.['exitCode']]).toEqual([2, 2]);
  });

  it('lets drift read again, one document a line, and know then since when, until it is interrupted', async ({ expect }) => {
    const { first, second, ending } = await watched('drift');
    expect(ending).toEqual([130, null]);
    expect(Date.parse(String(second?.['endedAt']))).toBeGreaterThan(Date.parse(String(first?.['endedAt'])));
    expect(second?.['startedAt']).toBe(first?.['startedAt']);
    const since = (document: JsonObject | undefined) =>
      listOf(document?.['findings'])
        .filter(({ kind }) => kind === 'missing')
        .map((each) => each['since']);
    expect(since(second)).toEqual(since(first));
  });
});
