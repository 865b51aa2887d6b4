/** The style and the script of the page as they stand in the file: small, and the same for every timeline. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { STYLE } from './style.ts';

interface Assets {
  readonly style: string;
  readonly script: string;
}

let made: Assets | undefined;

/** Built once for a process: it takes longer than all the rest of a page. */
export function assets(): Assets {
  made ??= { style: transformSync(STYLE, { loader: 'css', minify: true }).code.trim(), script: bundleScript() };
  return made;
}

/** Lets in the one style and the one script, by their hashes, and nothing else: no network, and no text that got past an escape. */
export function policyFor({ style, script }: Assets): string {
  const rules = [`style-src ${hashOf(style)}`, `script-src ${hashOf(script)}`, 'img-src data:'];
  return ["default-src 'none'", ...rules, "base-uri 'none'", "form-action 'none'"].join('; ');
}

function bundleScript(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('./client/main.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2024',
    charset: 'utf8',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild gave no script for the page.');
  return file.text.trim();
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
