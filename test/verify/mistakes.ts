/** The rules on the template that CloudFormation gets: what `npm test` leaves out where the SAM CLI is not installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countTests } from '../../scripts/tools/check/count.ts';
import { MISTAKES } from '../mistakes/mistakes.ts';
import { command, OUTPUT } from './command.ts';

const REPORT = join(OUTPUT, 'mistakes.json');

export async function askRules(): Promise<string> {
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${REPORT}`];
  await command('vitest', ['run', '--project=whole', ...reporters, 'test/mistakes']);
  const { failed, skipped } = countTests(JSON.parse(readFileSync(REPORT, 'utf8')));
  if (failed > 0 || skipped.length > 0) throw new Error(`${failed} failed; left out: ${skipped.join(', ')}.`);
  return `${MISTAKES.length} of ${MISTAKES.length} mistakes noticed, in the sources and as CloudFormation gets them`;
}
