/** One run in which the function sends everything that it ever sends, in process and as the built bundle. */
import { cloudMapServiceArn, clusterArn } from '../../scripts/simulator/account.ts';
import { Accounts } from '../../scripts/simulator/accounts.ts';
import { bundleOverHttp, inProcess } from '../../scripts/simulator/backends.ts';
import { VirtualClock } from '../../scripts/simulator/clock.ts';
import { CLUSTER, Deployment, QUICK, type SettingsText } from '../../scripts/simulator/deployment.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import { runScenario } from '../proof/scenario.ts';
import { builtFunction } from '../support/built.ts';
import { type Recorded, Recorder } from './recorded.ts';
import { SPOKES } from './role.ts';

const MYSQL = cloudMapServiceArn('mysql');
const SPOKE_ROLE = { name: 'alb-target-sync-spoke', externalId: 'hub-4711' };
const STORIES = 20;
/** By then a target has passed its checks. */
const HEALTHY_MS = 120_000;

/** With no parameter but those of spokes and of a bus: everything is found by its tag. */
const BY_TAG = {
  clusters: [],
  targetGroups: [],
  binding: '',
  spokeRole: SPOKE_ROLE,
  eventBusName: 'default',
} satisfies Partial<SettingsText>;

/** Everything is named. */
const BY_NAME = {
  cloudMapServices: [MYSQL, cloudMapServiceArn('mysql', SPOKES[0])],
  clusters: [CLUSTER, ...SPOKES.map((spoke) => clusterArn('prod', spoke))],
  binding: '',
  spokeRole: SPOKE_ROLE,
  eventBusName: 'default',
} satisfies Partial<SettingsText>;

/** Without spokes, the function runs in process as well, which has one account. */
const STAGES: readonly Partial<SettingsText>[] = [
  { cloudMapServices: [MYSQL] },
  { cloudMapServices: [MYSQL], mode: 'observe' },
  { binding: '' },
  { binding: 'family=job port=8080' },
  { clusters: [], targetGroups: [], binding: '' },
];

/** Where tasks run besides the stack's own place: another region of its account, and its spokes. */
const PLACES: readonly Home[] = [{ ...HOME, region: 'us-east-2' }, ...SPOKES];

export interface PolicyRun {
  readonly calls: number;
  readonly recorded: readonly Recorded[];
  /** Settings of the stack that finds by tag, and of the one that names everything. */
  readonly byTag: SettingsText;
  readonly byName: SettingsText;
}

/** The same run each time: time is virtual, and the scenarios have seeds. */
export async function playPolicyRun(): Promise<PolicyRun> {
  const recorder = new Recorder();
  try {
    const { file } = await builtFunction();
    for (const settings of STAGES) {
      await playDeployment(settings);
      await playDeployment(settings, file);
    }
    const byTag = await playDeployment(BY_TAG, file);
    const byName = await playDeployment(BY_NAME, file);
    for (let seed = 1; seed <= STORIES; seed += 1) await runScenario(seed);
    return { calls: recorder.calls, recorded: recorder.recorded, byTag, byName };
  } finally {
    recorder.stop();
  }
}

/** Tasks start, are replaced and are forgotten by the function between two schedules; one group drains; one service is checked. */
async function playDeployment(settings: Partial<SettingsText>, bundle?: string): Promise<SettingsText> {
  const accounts = new Accounts(new VirtualClock());
  const deployment = new Deployment({ settings, accounts });
  const backend = bundle === undefined ? inProcess() : await bundleOverHttp(bundle, deployment);
  // By its ARN where the parameter names several: they have one name. Otherwise left out.
  const cluster = deployment.settings.clusters.length > 1 ? `cluster=${CLUSTER} ` : '';
  try {
    deployment.use(backend);
    const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
    service.tags.set('alb-target-sync', `${cluster}service=app`);
    deployment.group.tags.set('alb-target-sync', `${cluster}service=app port=8080`);
    if (deployment.settings.spokeRole !== undefined) settle(accounts, deployment);
    const tasks = [...deployment.start(4), ...deployment.start(2, { group: 'family:job', definition: 'job:1' })];
    await deployment.pass(3_000);
    await deployment.schedule();
    for (const task of tasks.slice(0, 5)) deployment.account.ecs.stop(task);
    await deployment.pass(20_000);
    deployment.account.elb.register(deployment.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
    // A stranger that is healthy: the services of each cluster are asked whether ECS keeps the group for one of them.
    deployment.account.elb.answers = () => true;
    await deployment.pass(HEALTHY_MS);
    await deployment.invoke({ check: true });
    deployment.group.tags.set('alb-target-sync', `${cluster}service=app port=8080 mode=drain`);
    await deployment.pass(70_000);
    await deployment.schedule();
    return deployment.settings;
  } finally {
    await backend.close();
  }
}

/** A service in each place that feeds the group as well, and in one spoke a Cloud Map service to check. */
function settle(accounts: Accounts, { group, settings }: Deployment): void {
  for (const place of PLACES) {
    const cluster = clusterArn('prod', place);
    const { account } = accounts.in(place);
    account.ecs.addService(cluster, 'app');
    for (let count = 0; count < 2; count += 1) {
      account.ecs.start({ clusterArn: cluster, group: 'service:app', definition: 'app:1', timing: QUICK });
    }
    const isFed = settings.clusters.length === 0 || settings.clusters.includes(cluster);
    if (isFed) group.tags.set(`alb-target-sync:${place.id}-${place.region}`, `cluster=${cluster} service=app port=8080`);
    if (place.id === HOME.id) continue;
    accounts.sts.addRole({
      arn: `arn:aws:iam::${place.id}:role/${SPOKE_ROLE.name}`,
      externalId: SPOKE_ROLE.externalId,
      trusts: ({ accountId }) => accountId === HOME.id,
    });
    const service = account.cloudMap.addService(cloudMapServiceArn('mysql', place), 'mysql');
    service.tags.set('alb-target-sync', `cluster=${cluster} service=app`);
  }
}
