/** `npm run deploy` as somebody types it for the first time: every question answered, most of them by Enter. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLUSTER, GROUP, REGION } from '../../../scripts/tools/emulators/account.ts';
import { runProgram } from '../../../scripts/tools/emulators/program.ts';
import { freePort } from '../../../scripts/tools/emulators/server.ts';
import { environmentOf, NODE_TOOLS, ROOT, SAM_TOOLS } from '../../../scripts/tools/emulators/tools.ts';
import { parameters } from '../../../scripts/tools/template/template.ts';
import { CREDENTIALS, startHost } from './host.ts';

const COMMAND_TIME_MS = 300_000;
const LINE = 'target-group=web service=app port=8080';
const TYPED: Readonly<Record<string, string>> = { ClusterArns: CLUSTER, TargetGroupArns: GROUP, Bindings: LINE };
/** Stack name and region before the parameters; five questions after them, and at last whether to deploy. */
const ANSWERS = ['', '', ...Object.keys(parameters()).map((name) => TYPED[name] ?? ''), ...Array(6).fill(''), 'y'];

export async function rehearseGuided(): Promise<string> {
  const host = await startHost(await freePort(), {});
  const folder = mkdtempSync(join(tmpdir(), 'guided-'));
  try {
    const checkout = checkOut(folder);
    const env = environmentOf([SAM_TOOLS, NODE_TOOLS], {
      ...CREDENTIALS,
      AWS_ENDPOINT_URL: host.endpoint,
      ANSWERS: ANSWERS.join('\n'),
    });
    const deploy = (command: string) =>
      runProgram('sh', ['-c', command], { folder: checkout, env, timeoutMs: COMMAND_TIME_MS });
    const program = `node ${join(ROOT, 'scripts/tools/deploy/main.ts')} product`;
    const said = await deploy(`echo "$ANSWERS" | ${program}`);
    assert.match(said, /Stack Name \[alb-target-sync\]/);
    assert.match(said, /SAM configuration file \[samconfig\.mine\.toml\]/);
    assert.match(said, new RegExp(`Successfully created/updated stack - alb-target-sync in ${REGION}`));
    assert.deepEqual(readFileSync(join(checkout, 'samconfig.toml')), readFileSync(join(ROOT, 'samconfig.toml')));
    const saved = readFileSync(join(checkout, 'samconfig.mine.toml'), 'utf8');
    assert(saved.includes(CLUSTER) && saved.includes(LINE), `what was typed is not in samconfig.mine.toml:\n${saved}`);
    // What was saved is read again, the line of binding in one piece: nothing is asked, and nothing has changed.
    assert.match(await deploy(`${program} --no-confirm-changeset`), /No changes to deploy/);
    return 'sam deploy --guided offers the name alb-target-sync, and leaves the tracked samconfig.toml as it is';
  } finally {
    await host.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `sam build` needs of the repository: --guided writes into the folder that it stands in. */
function checkOut(folder: string): string {
  const checkout = join(folder, 'checkout');
  mkdirSync(checkout);
  for (const name of ['template.yaml', 'samconfig.toml', 'package.json', 'functions'])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  return checkout;
}
