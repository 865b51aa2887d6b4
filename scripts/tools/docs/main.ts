/** Writes the parts of the documents that are counted or drawn from the templates: the scenario's picture, and what it costs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, viewOf } from '../template/templates.ts';
import { costTables } from './cost.ts';
import { drawScenario } from './diagram.ts';
import { withMade } from './made.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const view = viewOf(FILES);

for (const [file, name, made] of [
  ['infrastructure.md', 'scenario', drawScenario(view)],
  ['cost.md', 'cost', costTables(view)],
] as const) {
  const path = join(DOCS, file);
  const before = readFileSync(path, 'utf8');
  const after = withMade(before, name, made);
  writeFileSync(path, after);
  console.log(`${before === after ? 'unchanged' : 'written  '}  docs/${file}`);
}
