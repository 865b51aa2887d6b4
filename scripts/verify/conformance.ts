/** What somebody else's AWS and somebody else's client say: moto answers the conformance suite, botocore reads the simulated account. */
import { join } from 'node:path';
import { createBotocore } from '../../test/conformance/botocore.ts';
import { CHECKS } from '../../test/conformance/checks.ts';
import { readLedger, runChecks, surprisesOf } from '../../test/conformance/ledger.ts';
import { remote } from '../../test/conformance/remote.ts';
import { simulatorOverHttp } from '../../test/conformance/simulated.ts';
import { ROOT, VENV } from './command.ts';
import { startMoto } from './moto.ts';
import { SAME_ANSWER_STEPS } from './same-answers.ts';
import type { Step } from './step.ts';

export const CONFORMANCE_STEPS: readonly Step[] = [
  { name: 'conformance: moto', run: askMoto },
  { name: 'conformance: read by botocore', run: askByBotocore },
  ...SAME_ANSWER_STEPS,
];

async function askMoto(): Promise<string> {
  const moto = await startMoto();
  try {
    const ledger = readLedger('moto');
    const surprises = surprisesOf(await runChecks(CHECKS, await remote('moto', moto.endpoint)), ledger);
    if (surprises.length > 0) throw new Error(surprises.join('\n'));
    return `${CHECKS.length} checks, ${Object.keys(ledger).length} in the ledger`;
  } finally {
    await moto.close();
  }
}

async function askByBotocore(): Promise<string> {
  const botocore = createBotocore(join(VENV, 'bin/python'), [join(ROOT, 'scripts/verify/botocore_client.py')]);
  const backend = simulatorOverHttp('simulator over HTTP, asked by botocore', botocore.connect);
  try {
    const surprises = surprisesOf(await runChecks(CHECKS, backend), {});
    if (surprises.length > 0) throw new Error(surprises.join('\n'));
    return `${CHECKS.length} checks, ${botocore.calls()} answers read without a complaint`;
  } finally {
    botocore.close();
    await backend.close();
  }
}
