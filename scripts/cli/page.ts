/** The page that `--html` asks for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errors, reasonOf } from './errors.ts';
import type { Report } from './report/report.ts';

/** Writes the page, and returns the line that says where it is. */
export async function writePage(file: string, report: Report): Promise<string> {
  // Loaded only where it is needed: it brings esbuild along.
  const { renderPage } = await import('./report/page.ts');
  const html = renderPage(report);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, html);
  } catch (error) {
    throw errors.unwritableFile('--html', file, reasonOf(error));
  }
  return `Page: ${file}`;
}
