/** Builds the function as `sam build` does: with the very options that stand in template.yaml. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, type BuildResult, build } from 'esbuild';

const FUNCTION = fileURLToPath(new URL('../../../functions/sync/', import.meta.url));

export interface BuiltFunction {
  readonly file: string;
  readonly bytes: number;
  readonly metafile: NonNullable<BuildResult['metafile']>;
}

/** Builds into a folder of its own. */
export async function buildFunction(options: BuildOptions): Promise<BuiltFunction> {
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-'));
  const file = join(folder, 'handler.cjs');
  const { metafile } = await build({
    ...options,
    absWorkingDir: FUNCTION,
    entryPoints: ['handler.ts'],
    bundle: true,
    platform: 'node',
    outfile: file,
    metafile: true,
    logLevel: 'error',
  });
  if (metafile === undefined) throw new Error('esbuild gave no metafile, though it was asked for one.');
  const output = Object.values(metafile.outputs).reduce((sum, each) => sum + each.bytes, 0);
  return { file, bytes: output, metafile };
}
