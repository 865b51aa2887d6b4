/**
 * Asks an endpoint that emulates AWS what the simulated account is held to: `npm run conformance -- --endpoint-url URL`, or the
 * variable CONFORMANCE_ENDPOINT. `--ledger FILE` (CONFORMANCE_LEDGER) holds what it is known to get wrong.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHECKS } from './checks.ts';
import { ledgerFrom, runChecks, surprisesOf } from './ledger.ts';
import { remote } from './remote.ts';

const { values } = parseArgs({ options: { 'endpoint-url': { type: 'string' }, ledger: { type: 'string' } } });
const endpoint = values['endpoint-url'] ?? process.env['CONFORMANCE_ENDPOINT'];
const file = values.ledger ?? process.env['CONFORMANCE_LEDGER'];

if (endpoint === undefined || !URL.canParse(endpoint)) {
  process.stderr.write('Which endpoint is to be asked? Give --endpoint-url, such as http://127.0.0.1:4566.\n');
  process.exitCode = 252;
} else {
  const ledger = file === undefined ? {} : ledgerFrom(readFileSync(file, 'utf8'));
  const results = await runChecks(CHECKS, await remote(endpoint, endpoint));
  for (const { name, failure } of results) console.log(`${failure === undefined ? 'as AWS ' : 'differs'}  ${name}`);
  const surprises = surprisesOf(results, ledger);
  for (const surprise of surprises) console.log(surprise);
  const differing = results.filter(({ failure }) => failure !== undefined).length;
  console.log(`${results.length - differing} of ${results.length} as AWS documents it, ${surprises.length} surprises`);
  process.exitCode = surprises.length === 0 ? 0 : 1;
}
