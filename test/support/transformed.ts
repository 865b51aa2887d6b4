/** The plain template that CloudFormation makes of template.yaml, made by SAM's own translator. Needs what `npm run verify` installs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = join(ROOT, '.venv/bin/python');

/** Whether `npm run verify` has installed SAM's translator here. */
export function canTransform(): boolean {
  return existsSync(PYTHON);
}

/** The plain form of each text, or undefined for one that SAM refuses. */
export function transformAll(texts: readonly string[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-'));
  try {
    const sources = texts.map((text, index) => {
      const path = join(folder, `${index}.yaml`);
      writeFileSync(path, text);
      return path;
    });
    const { status, stderr } = spawnSync(
      PYTHON,
      [join(ROOT, 'scripts/tools/package/transform.py'), '--into', folder, ...sources],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0)
      throw new Error(`scripts/tools/package/transform.py failed; run npm run verify to install what it needs.\n${stderr}`);
    return texts.map((_, index) => {
      const path = join(folder, `${index}.json`);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
