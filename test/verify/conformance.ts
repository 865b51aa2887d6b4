/** What somebody else's AWS and somebody else's client say: moto answers the conformance suite, botocore reads the simulated account. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Botocore, createBotocore } from '../conformance/botocore.ts';
import { CHECKS } from '../conformance/checks.ts';
import { readLedger, runChecks, surprisesOf } from '../conformance/ledger.ts';
import { remote } from '../conformance/remote.ts';
import type { Operation } from '../conformance/scene.ts';
import { simulatorOverHttp } from '../conformance/simulated.ts';
import { type Answer, bodyAnswer, errorAnswer, SdkServer } from '../support/sdk-server.ts';
import { ROOT, VENV } from './command.ts';
import { type Emulator, startMinistack, startMoto } from './emulator.ts';
import { SAME_ANSWER_STEPS } from './same-answers.ts';
import type { Step } from './step.ts';

export const CONFORMANCE_STEPS: readonly Step[] = [
  { name: 'conformance: moto', run: () => ask('moto', startMoto) },
  { name: 'conformance: ministack', run: () => ask('ministack', startMinistack) },
  { name: 'conformance: read by botocore', run: askByBotocore },
  ...SAME_ANSWER_STEPS,
];

async function ask(name: string, start: () => Promise<Emulator>): Promise<string> {
  const emulator = await start();
  try {
    const ledger = readLedger(name);
    const surprises = surprisesOf(await runChecks(CHECKS, await remote(name, emulator.endpoint)), ledger);
    if (surprises.length > 0) throw new Error(surprises.join('\n'));
    return `${CHECKS.length} checks, ${Object.keys(ledger).length} in the ledger`;
  } finally {
    await emulator.close();
  }
}

async function askByBotocore(): Promise<string> {
  const botocore = createBotocore(join(VENV, 'bin/python'), [join(ROOT, 'test/verify/botocore_client.py')]);
  const backend = simulatorOverHttp('simulator over HTTP, asked by botocore', botocore.connect);
  try {
    const surprises = surprisesOf(await runChecks(CHECKS, backend), {});
    if (surprises.length > 0) throw new Error(surprises.join('\n'));
    await complainsOfWrongAnswers(botocore);
    return `${CHECKS.length} checks, ${botocore.calls()} answers read without a complaint`;
  } finally {
    botocore.close();
    await backend.close();
  }
}

/** Answers that botocore itself would take in silence, or in part. A reader that complains of nothing proves nothing. */
const WRONG_ANSWERS: readonly (readonly [Operation, JsonObject, Answer, RegExp])[] = [
  ['ListTasks', {}, bodyAnswer('{"taskArns":[],"more":1}'), /ListTasks\.more is not in the model/],
  ['ListTasks', {}, bodyAnswer('{"taskArns":[5]}'), /taskArns\[0\] is 5; the model says string/],
  [
    'DescribeTasks',
    { tasks: ['t'] },
    bodyAnswer('{"tasks":[{"healthStatus":"FINE"}]}'),
    /healthStatus is 'FINE'; the model knows/,
  ],
  ['ListTasks', {}, errorAnswer('TargetGroupNotFound', 400), /answers TargetGroupNotFound, which it does not declare/],
  [
    'DescribeTags',
    { ResourceArns: ['a'] },
    bodyAnswer('<TagDescriptions><item/></TagDescriptions>'),
    /has <item>; expected <member>/,
  ],
  [
    'DescribeTargetHealth',
    { TargetGroupArn: 'a' },
    bodyAnswer(
      '<TargetHealthDescriptions><member><TargetHealth><State>fine</State></TargetHealth></member></TargetHealthDescriptions>',
    ),
    /State is 'fine'; the model knows/,
  ],
];

async function complainsOfWrongAnswers(botocore: Botocore): Promise<void> {
  const server = new SdkServer();
  const call = botocore.connect(await server.open());
  try {
    for (const [operation, input, answer, complaint] of WRONG_ANSWERS) {
      server.answer = answer;
      await assert.rejects(call(operation, input), complaint);
    }
  } finally {
    await server.close();
  }
}
