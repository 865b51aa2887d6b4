/** Command lines that cannot be meant, at least one for every error of scripts/cli/errors.ts. */
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { CLUSTER, GROUP } from '../../scripts/simulator/deployment.ts';
import { stackText } from './deployed-stack.ts';
import { HERE, MYSQL, newAccount } from './simulated-account.ts';

interface Mistyped {
  readonly args: readonly string[];
  readonly code: number;
  readonly isTyped?: boolean;
  /** Asks the simulated account. */
  readonly isOfAccount?: boolean;
}

function bad(...args: readonly string[]): Mistyped {
  return { args, code: 252 };
}

/** Files that the lines name. */
export const SETTINGS: Readonly<Record<string, string>> = {
  'text.json': 'aws lambda\n',
  'list.json': '[]',
  'stacks.json': JSON.stringify({ Stacks: [{}, {}] }),
  'other.json': JSON.stringify({ Stacks: [{ StackName: 'shop', Parameters: [] }] }),
  'good.json': stackText(newAccount().deployment),
  'settings.json': JSON.stringify({
    Environment: { Variables: { CLUSTER_ARNS: 'prod', TARGET_GROUP_ARNS: 'web', TAG_BINDINGS: 'ignored', MODE: 'watch' } },
  }),
};

export const MISTYPED: readonly Mistyped[] = [
  bad(),
  bad('replya'),
  bad('explain'),
  bad('help', 'nope'),
  bad('plan', '--clustr', CLUSTER),
  bad('drift', '--color'),
  bad('replay', '-x'),
  bad('replay', '--port'),
  bad('replay', '--bind', '--json'),
  bad('plan', '--json=1'),
  bad('plan', 'prod'),
  bad('sample', 'more'),
  bad('plan', '--cluster', 'prod'),
  bad('plan', '--target-group', 'web'),
  bad('drift', '--cloud-map-service', 'srv-1'),
  bad('replay', '--port', '0'),
  bad('replay', '--port', '65536'),
  bad('replay', '--lose', '1.01'),
  bad('replay', '--duplicate=-1'),
  bad('replay', '--order', 'random'),
  bad('replay', '--against', 'acount'),
  bad('replay', 'capture.json', '--bind', 'target-group=a_b service=app port=1'),
  bad('sample', '--status', 'RUNING'),
  bad('sample', '--wrap', 'zip'),
  bad('sample', '--count', '1.5'),
  bad('sample', '--service', 'a b'),
  bad('sample', '--cluster', 'a b'),
  bad('drift', '--watch', '--every', '1'),
  bad('plan', ...HERE, '--bind', 'service=app'),
  bad('plan', ...HERE, '--bind', 'service=app prt=8080'),
  bad('plan', ...HERE, '--bind', 'cluster=prd service=app port=8080'),
  bad('plan', ...HERE, '--bind', 'target-group=wbe service=app port=8080'),
  bad('plan', ...HERE, '--target-group', targetGroupArn('api'), '--bind', 'service=app port=8080', '--bind', 'service=app'),
  bad('replay', 'capture.json', '--bind', 'service=app prt=1'),
  { ...bad('plan', '--bind', 'service=app port=8080'), isOfAccount: true },
  { ...bad('plan', '--bind', 'target-group=wbe service=app port=8080'), isOfAccount: true },
  bad('replay', 'capture.json', '--region', 'eu-west-1'),
  bad('replay', 'capture.json', '--against', 'account', '--lose', '0.1'),
  bad('drift', '--every', '10'),
  bad('drift', '--watch', '--html', 'page.html'),
  bad('drift', '--task', 'ID', '--json'),
  bad('drift', '--task', 'ID', '--html', 'page.html'),
  bad('drift', '--simulated', '--cluster', CLUSTER),
  bad('drift', '--simulated', '--task', 'nobody'),
  bad('plan', '--settings', 'text.json'),
  bad('plan', '--settings', 'list.json'),
  bad('plan', '--settings', 'settings.json'),
  bad('plan', '--settings', 'stacks.json'),
  bad('plan', '--settings', 'other.json'),
  bad('status'),
  bad('status', '--settings', '-', '--alarms', '-'),
  bad('status', '--settings', 'good.json', '--alarms', 'text.json'),
  bad('status', '--settings', 'good.json', '--alarms', 'list.json'),
  bad('status', '--settings', 'good.json', '--every', '10'),
  bad('status', '--watch', '--every', '4', '--settings', 'good.json'),
  bad('status', '--watch', '--settings', 'good.json', '--alarms', '-'),
  bad('status', '--simulated', '--settings', 'good.json'),
  bad('leftovers', '--cloud-map-service', MYSQL),
  bad('replay', '-', '-'),
  { ...bad('replay'), isTyped: true },
  { args: ['plan', '--settings', 'none.json'], code: 1 },
  { args: ['plan', '--settings', '.'], code: 1 },
  { args: ['status', '--settings', 'good.json', '--alarms', 'none.json'], code: 1 },
  { args: ['replay', 'capture.json', '--html', 'capture.json/page.html'], code: 1 },
  {
    args: ['plan', '--cluster', CLUSTER, '--target-group', GROUP, '--html', 'capture.json/page.html'],
    code: 1,
    isOfAccount: true,
  },
];
