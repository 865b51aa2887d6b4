/** What a cold start costs: each handler in a process of its own, in turn, so that whatever else the machine does falls on all of them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { isObject } from '../../../functions/core/json.ts';
import { variablesOf } from '../../../scripts/simulator/deployment.ts';
import { GROUP, LiveAccount, REGION } from '../../../scripts/tools/emulators/account.ts';
import { percentile } from '../exposure-measure.ts';
import type { Contender } from './contenders.ts';

export interface Startup {
  readonly zipBytes: number;
  /** Milliseconds of the processor until the file is loaded. */
  readonly importMs: number;
  /** The largest resident size, when the first event is dealt with. */
  readonly megabytes: number;
}

const CHILD = `
  const processorMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
  const beganMs = processorMs();
  const { handler } = require(process.argv[1]);
  const importMs = processorMs() - beganMs;
  const context = { getRemainingTimeInMillis: () => 28000, awsRequestId: 'first' };
  handler(JSON.parse(process.argv[2]), context).then(() => {
    const megabytes = process.resourceUsage().maxRSS / 1024;
    process.stderr.write(JSON.stringify({ importMs, megabytes }));
    process.exit(0);
  });
`;
const OURS = variablesOf({ clusters: [], targetGroups: [], cloudMapServices: [], binding: '', mode: 'enforce' });

/** Medians of so many rounds, in the order of the contenders. */
export async function measureStartups(contenders: readonly Contender[], rounds: number): Promise<readonly Startup[]> {
  const account = await new LiveAccount().open();
  try {
    account.tag(GROUP, 'service=app port=8080');
    const [event] = await account.start(1);
    const told = contenders.map((): ReadonlyMap<string, number>[] => []);
    // The first start of each reads the file from the disk, and is not counted.
    for (let round = -1; round < rounds; round += 1) {
      for (const [index, contender] of contenders.entries()) {
        const figures = await startOnce(contender, event, account.endpoint);
        if (round >= 0) told[index]?.push(figures);
      }
    }
    return contenders.map(({ file }, index) => {
      const median = (name: string): number =>
        percentile(
          (told[index] ?? []).map((each) => each.get(name) ?? 0),
          0.5,
        );
      const zipBytes = zipSync({ 'handler.js': [readFileSync(file), { mtime: '2000-01-01' }] }).length;
      return { zipBytes, importMs: median('importMs'), megabytes: median('megabytes') };
    });
  } finally {
    await account.close();
  }
}

async function startOnce({ file, variables }: Contender, event: unknown, endpoint: string): Promise<Map<string, number>> {
  const env = {
    ...(variables?.({ service: 'app', targetGroup: GROUP }) ?? OURS),
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/sync',
  };
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', CHILD, file, JSON.stringify(event)], { env });
  const told: unknown = JSON.parse(stderr.slice(stderr.indexOf('{"importMs"')));
  if (!isObject(told)) throw new Error(`The started handler says ${stderr}`);
  return new Map(Object.entries(told).map(([name, figure]) => [name, Number(figure)]));
}
