/**
 * The example, rehearsed as far as an emulator goes: an account that has never used ECS, a second deployment behind the load
 * balancer of the first, one without NAT and with instances, everything that is refused, and the way back. Types of resources
 * that the emulator does not have get a name and nothing else (host.py), and no task starts.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { REGION } from '../../../scripts/tools/emulators/account.ts';
import { runProgram } from '../../../scripts/tools/emulators/program.ts';
import { freePort } from '../../../scripts/tools/emulators/server.ts';
import { environmentOf, NODE_TOOLS, ROOT, SAM_TOOLS } from '../../../scripts/tools/emulators/tools.ts';
import { waitUntil } from '../../../scripts/tools/emulators/wait.ts';
import { listOf, lookUp } from '../../../scripts/tools/template/template.ts';
import { SECOND_DEPLOYMENT, WITH_CERTIFICATE, WITHOUT_NAT } from '../../template/rules/deployments.ts';
import { CREDENTIALS, startHost } from './host.ts';
import { awsPrograms } from './stack.ts';

type Parameters = Readonly<Record<string, string>>;

const FIRST = 'alb-target-sync-example';
const SECOND = 'alb-target-sync-second';
const THIRD = 'alb-target-sync-third';
const BUILT = join(ROOT, '.aws-sam/example/template.yaml');
const COMMAND_TIME_MS = 300_000;
/** SAM prints it in a narrow column. */
const NO_ROLE = /Unable to assume the.*service linked role\./s;

/** Without NAT, on instances, over HTTPS, with what else is not the default. */
const UNUSUAL = {
  ...WITHOUT_NAT,
  ...WITH_CERTIFICATE,
  Capacity: 'EC2',
  VpcPrefix: '172.20',
  RecordType: 'SRV',
  Persistence: 'none',
  DiscoverBy: 'api',
  NamespaceName: 'app.internal',
  Mode: 'observe',
};

/** What CloudFormation has to refuse before it makes anything, and a word of the reason. */
const REFUSED: readonly (readonly [Parameters, string])[] = [
  [{ NatMode: 'none' }, 'InterfaceEndpoints'],
  [{ NatMode: 'none', InterfaceEndpoints: 'create' }, 'DrainWaitImage'],
  [{ CertificateArn: WITH_CERTIFICATE.CertificateArn }, 'DomainName'],
  [{ RecordType: 'SRV' }, 'Image'],
  [{ ...SECOND_DEPLOYMENT, VpcPrefix: SECOND_DEPLOYMENT.HubPrefix }, 'VpcPrefix'],
  [{ ...SECOND_DEPLOYMENT, HubTargetGroupArn: '' }, 'Hub'],
  [{ HealthCheckCommand: 'curl' }, 'HealthCheckCommand'],
  [{ NamespaceName: 'app' }, 'NamespaceName'],
];

/** Tells of each scene what was seen. */
export async function rehearseExample(tell: (line: string) => void): Promise<void> {
  const host = await startHost(await freePort(), {});
  const programs = await awsPrograms();
  const env = environmentOf([SAM_TOOLS, NODE_TOOLS, programs], { ...CREDENTIALS, AWS_ENDPOINT_URL: host.endpoint });
  const example = new Example((program, ...args) =>
    runProgram(program, args, { folder: ROOT, env, timeoutMs: COMMAND_TIME_MS }),
  );
  try {
    tell(await example.playNewAccount());
    tell(await example.playSecond());
    tell(await example.playUnusual());
    tell(await example.playRefusals());
    tell(await example.playDeletion());
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\nThe end of the emulator's log:\n${host.log().slice(-4_000)}`, { cause: error });
  } finally {
    await host.end();
  }
}

class Example {
  readonly #run: (program: string, ...args: readonly string[]) => Promise<string>;

  constructor(run: (program: string, ...args: readonly string[]) => Promise<string>) {
    this.#run = run;
  }

  async playNewAccount(): Promise<string> {
    await this.#run('sam', 'build', '--config-env', 'example');
    await assert.rejects(this.#deploy(FIRST, {}), NO_ROLE);
    await this.#delete(FIRST);
    const deployExample = ['scripts/tools/deploy/main.ts', 'example', '--no-confirm-changeset'];
    const said = await this.#run('node', ...deployExample);
    assert.match(said, /"EcsServiceLinkedRole": "create"/);
    assert.match(await this.#run('node', ...deployExample), /No changes to deploy/);
    const domain = `${FIRST}.internal`;
    assert.deepEqual(await this.#namespaces(), [domain]);
    const variables = await this.#variablesOfApp();
    assert.equal(variables.get('RETAIL_CATALOG_PERSISTENCE_ENDPOINT'), `mysql.${domain}:3306`);
    assert.match((await this.#outputs(FIRST)).get('Url') ?? '', /^http:\/\//);
    return 'a new account: without the role of ECS its cluster fails; npm run deploy-example makes the role, and then nothing twice';
  }

  async playSecond(): Promise<string> {
    const outputs = await this.#outputs(FIRST);
    const hubs = ['HubVpcId', 'HubRouteTableId', 'HubSecurityGroupId', 'HubTargetGroupArn'];
    const hub = Object.fromEntries(hubs.map((name) => [name, outputs.get(name) ?? '']));
    await this.#deploy(SECOND, { VpcPrefix: '10.1', HubPrefix: '10.0', ...hub });
    assert.deepEqual(await this.#namespaces(), [`${FIRST}.internal`, `${SECOND}.internal`]);
    assert.deepEqual([...(await this.#outputs(SECOND)).keys()].sort(), ['CheckCommand', 'CheckCommandWindows', 'LogsCommand']);
    return 'a second deployment in the account, behind the load balancer of the first: another namespace, no load balancer';
  }

  async playUnusual(): Promise<string> {
    await this.#deploy(THIRD, UNUSUAL);
    const outputs = await this.#outputs(THIRD);
    assert.equal(outputs.get('Url'), 'https://shop.example.com');
    assert.match(outputs.get('PointDomainNameAt') ?? '', /elb\.amazonaws\.com$/);
    return 'a third without NAT, on instances, over HTTPS, with images of its own';
  }

  async playRefusals(): Promise<string> {
    for (const [given, word] of REFUSED) {
      const parameters = Object.entries(given).map(([name, value]) => ({ ParameterKey: name, ParameterValue: value }));
      const set = ['--change-set-name', 'refused', '--change-set-type', 'CREATE', '--capabilities', 'CAPABILITY_IAM'];
      const what = [
        '--stack-name',
        'refused',
        '--template-body',
        `file://${BUILT}`,
        '--parameters',
        JSON.stringify(parameters),
      ];
      const why = new RegExp(`ValidationError.*${word}`, 's');
      await assert.rejects(
        this.#run('aws', 'cloudformation', 'create-change-set', ...set, ...what),
        why,
        JSON.stringify(given),
      );
    }
    return `${REFUSED.length} of ${REFUSED.length} impossible sets of parameters refused before anything is made`;
  }

  async playDeletion(): Promise<string> {
    for (const name of [THIRD, SECOND, FIRST]) await this.#delete(name);
    assert.deepEqual(await this.#namespaces(), []);
    const role = await this.#ask('iam', 'get-role', '--role-name', 'AWSServiceRoleForECS');
    assert.equal(lookUp(role, 'Role', 'RoleName'), 'AWSServiceRoleForECS');
    return 'all three deleted; the role of ECS is the account’s, and stays';
  }

  async #deploy(name: string, parameters: Parameters): Promise<void> {
    // In quotes of their own, or SAM cuts them at the first space.
    const overrides = Object.entries(parameters).map(([key, value]) => `${key}="${value}"`);
    const given = overrides.length === 0 ? [] : ['--parameter-overrides', ...overrides];
    await this.#run(
      'sam',
      'deploy',
      '--config-env',
      'example',
      '--stack-name',
      name,
      '--no-confirm-changeset',
      '--region',
      REGION,
      ...given,
    );
  }

  /** By CloudFormation itself: `sam delete` takes the address of a nested template apart, and knows no bucket on loopback. */
  async #delete(name: string): Promise<void> {
    await this.#run('aws', 'cloudformation', 'delete-stack', '--stack-name', name);
    await waitUntil(`the stack ${name} is gone`, COMMAND_TIME_MS, async () => {
      const stacks = listOf(lookUp(await this.#ask('cloudformation', 'describe-stacks'), 'Stacks'));
      const found = stacks.find((each) => lookUp(each, 'StackName') === name);
      assert.notEqual(lookUp(found, 'StackStatus'), 'DELETE_FAILED');
      return found === undefined;
    });
  }

  async #outputs(name: string): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#ask('cloudformation', 'describe-stacks', '--stack-name', name);
    const outputs = listOf(lookUp(answer, 'Stacks', 0, 'Outputs'));
    return new Map(outputs.map((each) => [String(lookUp(each, 'OutputKey')), String(lookUp(each, 'OutputValue'))]));
  }

  async #namespaces(): Promise<string[]> {
    const answer = await this.#ask('servicediscovery', 'list-namespaces');
    return listOf(lookUp(answer, 'Namespaces'))
      .map((each) => String(lookUp(each, 'Name')))
      .sort();
  }

  /** Variables of the application's container, as ECS has them. The emulator forgets its secrets. */
  async #variablesOfApp(): Promise<ReadonlyMap<string, string>> {
    const families = await this.#ask('ecs', 'list-task-definitions');
    const app = listOf(lookUp(families, 'taskDefinitionArns')).find((arn) => /-app:\d+$/.test(String(arn)));
    const answer = await this.#ask('ecs', 'describe-task-definition', '--task-definition', String(app));
    const container = lookUp(answer, 'taskDefinition', 'containerDefinitions', 0);
    const variables = listOf(lookUp(container, 'environment')).map((each) => [lookUp(each, 'name'), lookUp(each, 'value')]);
    return new Map(variables.map(([name, value]) => [String(name), String(value)]));
  }

  async #ask(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.#run('aws', ...args, '--output', 'json'));
  }
}
