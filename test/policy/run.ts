/** One run in which the function sends everything that it ever sends, in process and as the built bundle. */
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import { bundleOverHttp, inProcess } from '../../scripts/simulator/backends.ts';
import { Deployment, type DeploymentOptions } from '../../scripts/simulator/deployment.ts';
import { buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';
import { runScenario } from '../proof/scenario.ts';
import { type Recorded, Recorder } from './recorded.ts';

const MYSQL = cloudMapServiceArn('mysql');
const STORIES = 20;

const STAGES: readonly DeploymentOptions[] = [
  { settings: { cloudMapServices: [MYSQL] } },
  { settings: { cloudMapServices: [MYSQL], mode: 'observe' } },
  { settings: { binding: '' } },
  { settings: { binding: 'family=job port=8080' } },
];

export interface PolicyRun {
  readonly calls: number;
  readonly recorded: readonly Recorded[];
}

/** The same run each time: time is virtual, and the scenarios have seeds. */
export async function playPolicyRun(): Promise<PolicyRun> {
  const recorder = new Recorder();
  try {
    const { file } = await buildFunction(bundleOptions());
    for (const options of STAGES) {
      await playDeployment(options);
      await playDeployment(options, file);
    }
    for (let seed = 1; seed <= STORIES; seed += 1) await runScenario(seed);
  } finally {
    recorder.stop();
  }
  return { calls: recorder.calls, recorded: recorder.recorded };
}

/** Tasks start, are replaced and are forgotten by the function between two schedules; one group drains; one service is checked. */
async function playDeployment(options: DeploymentOptions, bundle?: string): Promise<void> {
  const deployment = new Deployment(options);
  const backend = bundle === undefined ? inProcess() : await bundleOverHttp(bundle, deployment);
  try {
    deployment.use(backend);
    const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
    service.tags.set('alb-target-sync', 'service=app');
    deployment.group.tags.set('alb-target-sync', 'service=app port=8080');
    const tasks = [...deployment.start(4), ...deployment.start(2, { group: 'family:job', definition: 'job:1' })];
    await deployment.pass(3_000);
    await deployment.schedule();
    for (const task of tasks.slice(0, 5)) deployment.account.ecs.stop(task);
    await deployment.pass(20_000);
    deployment.account.elb.register(deployment.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
    await deployment.invoke({ check: true });
    deployment.group.tags.set('alb-target-sync', 'service=app port=8080 mode=drain');
    await deployment.pass(70_000);
    await deployment.schedule();
  } finally {
    await backend.close();
  }
}
