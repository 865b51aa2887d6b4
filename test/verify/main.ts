/**
 * Checks what no unit test can: that SAM and the linters accept the template, and that the bundle which a user would deploy is
 * as small, as quick to load and as reproducible as promised. Needs no account. Run it by `npm run verify`; words after it
 * (`npm run verify -- lint bundle`) run only the steps whose names contain one of them.
 */
import { dirname, join } from 'node:path';
import { pythonEnvironment } from '../../scripts/tools/emulators/tools.ts';
import { verifyRelease } from '../../scripts/tools/package/verify.ts';
import { BUNDLE, build, buildAgain, buildExample, loadBundle, weighArchive, weighBundle } from './bundle.ts';
import { command, NODE, ROOT, VENV } from './command.ts';
import { CONFORMANCE_STEPS } from './conformance.ts';
import { deployDashboard } from './dashboard.ts';
import { rehearseExample } from './deployment/example.ts';
import { rehearseGuided } from './deployment/guided.ts';
import { rehearseDefaults, rehearseDeployment, rehearseRelease } from './deployment/rehearse.ts';
import { rehearseRuntime } from './lambda-runtime/rehearse.ts';
import { lintSources, lintTransformed, validate } from './lint.ts';
import { askRules } from './mistakes.ts';
import { askRuler } from './ruler.ts';
import type { Step } from './step.ts';

const NAME_WIDTH = 36;

const STEPS: readonly Step[] = [
  { name: 'every order, seed and seeded bug', run: playAll },
  { name: 'python tools', run: installTools },
  { name: 'sam validate --lint', run: validate },
  { name: 'cfn-lint, sources', run: lintSources },
  { name: 'cfn-lint, transformed template', run: lintTransformed },
  { name: "rule pattern, by AWS's matcher", run: askRuler },
  { name: 'seeded mistakes, rules', run: askRules },
  { name: 'sam build', run: build },
  { name: 'sam build, example', run: buildExample },
  { name: 'bundle within budget', run: weighBundle },
  { name: 'archive within budget', run: weighArchive },
  { name: 'second build is the same', run: buildAgain },
  { name: 'bundle loads quick built-ins only', run: loadBundle },
  ...CONFORMANCE_STEPS,
  { name: 'dashboard deployed and deleted', run: deployDashboard },
  { name: 'release is the same twice', run: () => verifyRelease(BUNDLE) },
  { name: "Lambda's own runtime", run: () => rehearseRuntime(dirname(BUNDLE)) },
  { name: 'first deployment, guided', run: rehearseGuided },
  { name: 'release deployed by two lines', run: rehearseRelease },
  { name: 'deployment rehearsed', run: () => tellAll(rehearseDeployment) },
  { name: 'no parameter typed, rehearsed', run: () => tellAll(rehearseDefaults) },
  { name: 'example rehearsed', run: () => tellAll(rehearseExample) },
];

/** `npm test` plays a share of them. */
async function playAll(): Promise<string> {
  const proofs = ['enumeration', 'seeded-bugs', 'scenario', 'drift', 'spokes', 'neighbors'].map(
    (name) => `test/proof/${name}.test.ts`,
  );
  const bundled = ['many-groups', 'spokes', 'checks'].map((name) => `test/end-to-end/${name}.test.ts`);
  const faults = ['delivery', 'writers'].map((name) => `test/faults/${name}.test.ts`);
  const files = [...proofs, ...bundled, ...faults, 'test/cli/replay/large.test.ts'];
  await command(NODE, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...files], { PLAY_ALL: '1' });
  return files.join(', ');
}

/** At the versions of test/verify/requirements.txt. */
async function installTools(): Promise<string> {
  const { isNew } = await pythonEnvironment(VENV, join(ROOT, 'test/verify/requirements.txt'));
  return isNew ? 'installed into .venv' : 'already there';
}

/** Tells the step while it runs, then how it went. A step that fails does not keep the others from running. */
async function perform({ name, run }: Step): Promise<boolean> {
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}`);
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s`;
  try {
    const note = await run();
    process.stdout.write(`${seconds()}  ok  ${note.includes('\n') ? '' : note}\n`);
    return true;
  } catch (error) {
    process.stdout.write(`${seconds()}  FAILED\n${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

const words = process.argv.slice(2);
const chosen = STEPS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
// A misspelt word must not look like a verification that passed.
if (chosen.length === 0)
  throw new Error(`No step is called ${words.join(' or ')}. There are: ${STEPS.map(({ name }) => name).join('; ')}.`);

/** It takes minutes, so it tells on its way what it sees, each in a line of its own. */
async function tellAll(rehearse: (tell: (line: string) => void) => Promise<void>): Promise<string> {
  await rehearse((line) => process.stdout.write(`\n  ${line}`));
  process.stdout.write(`\n${''.padEnd(NAME_WIDTH)}`);
  return '';
}

// What runs on loopback is ended when this process exits, which it does not do by itself when it is interrupted.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

let failed = 0;
for (const step of chosen) {
  if (!(await perform(step))) failed += 1;
}
process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
