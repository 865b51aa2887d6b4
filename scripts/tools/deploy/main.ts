/**
 * `npm run deploy` and `npm run deploy-example`: `sam build`, then `sam deploy`, once it is known that they can succeed. Words
 * behind `--` go to `sam deploy`.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';

/** The first that knows nodejs24.x: 1.146.0 says "runtime is not supported" after it has asked for every parameter. */
const LEAST_SAM = [1, 147, 1] as const;
const INSTALL = 'https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html';
const TRACKED = 'samconfig.toml';
/** Git ignores it. --guided writes the ARNs of the account into its file, and the other one is everybody's. */
const OWN = 'samconfig.mine.toml';
const OVERRIDES = '--parameter-overrides';
const ROLE = 'EcsServiceLinkedRole';

const [stack, ...words] = process.argv.slice(2);
requireSam();
if (stack === 'example') deployExample(words);
else deployProduct(words);

function deployProduct(given: readonly string[]): void {
  if (!existsSync(OWN)) copyFileSync(TRACKED, OWN);
  // Where nothing has been saved yet, there are parameters to ask for.
  const guided = readFileSync(OWN, 'utf8').includes('parameter_overrides') ? [] : ['--guided'];
  sam('build');
  sam('deploy', '--config-file', OWN, ...guided, ...given);
}

function deployExample(given: readonly string[]): void {
  const more = given.some((word) => word.startsWith(`${ROLE}=`)) ? [] : roleOverride(given);
  sam('build', '--config-env', 'example');
  sam('deploy', '--config-env', 'example', ...withOverrides(given, more));
}

/** CloudFormation cannot ask whether the account has the role of ECS already: IAM can, through the AWS CLI. */
function roleOverride(given: readonly string[]): readonly string[] {
  const { status, stderr, error } = run('aws', ['iam', 'get-role', '--role-name', 'AWSServiceRoleForECS', ...profileIn(given)]);
  if (status === 0) return [];
  if (error === undefined && stderr.includes('NoSuchEntity')) {
    console.error('This account has never used ECS: its role AWSServiceRoleForECS is made with the stack.');
    return [`${ROLE}=create`];
  }
  const reason = error === undefined ? stderr.trim() : 'the AWS CLI cannot be run';
  console.error(
    `Cannot ask IAM whether the account has the role AWSServiceRoleForECS: ${reason}.\n` +
      `It is taken to be there. If the account has never used ECS, begin anew with ${OVERRIDES} ${ROLE}=create.`,
  );
  return [];
}

function withOverrides(given: readonly string[], more: readonly string[]): readonly string[] {
  const place = given.indexOf(OVERRIDES) + 1;
  if (more.length === 0) return given;
  return place === 0 ? [...given, OVERRIDES, ...more] : given.toSpliced(place, 0, ...more);
}

function profileIn(given: readonly string[]): readonly string[] {
  const place = given.findIndex((word) => word === '--profile' || word.startsWith('--profile='));
  return place < 0 ? [] : given.slice(place, given[place] === '--profile' ? place + 2 : place + 1);
}

function requireSam(): void {
  const least = LEAST_SAM.join('.');
  const instead = `Install ${least} or newer (${INSTALL}), or deploy a release, which needs the AWS CLI alone: npm run package.`;
  const { stdout, error } = run('sam', ['--version']);
  if (error !== undefined) stop(`The AWS SAM CLI cannot be run: ${error.message}. ${instead}`);
  const version = /version (\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number);
  if (version === undefined) stop(`sam --version says "${stdout.trim()}"; expected a version. ${instead}`);
  if (isOlder(version, LEAST_SAM)) stop(`SAM CLI ${version.join('.')} does not know the runtime nodejs24.x. ${instead}`);
}

function isOlder(version: readonly number[], least: readonly number[]): boolean {
  const place = least.findIndex((part, index) => part !== version[index]);
  return place >= 0 && Number(version[place]) < Number(least[place]);
}

/** Runs it before the user's eyes. Where it fails it has said why, and its exit code is ours. */
function sam(...args: readonly string[]): void {
  const { status } = spawnSync('sam', args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function run(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(program, args, { encoding: 'utf8' });
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
