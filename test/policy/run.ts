/** One run in which the function sends everything that it ever sends, in process and as the built bundle. */
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import { bundleOverHttp, inProcess } from '../../scripts/simulator/backends.ts';
import { Stage, type StageOptions } from '../../scripts/simulator/deployment.ts';
import { buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';
import { tellStory } from '../proof/scenario.ts';
import { type Recorded, Recorder } from './recorded.ts';

const MYSQL = cloudMapServiceArn('mysql');
const STORIES = 20;

const STAGES: readonly StageOptions[] = [
  { settings: { cloudMapServices: [MYSQL] } },
  { settings: { cloudMapServices: [MYSQL], mode: 'observe' } },
  { settings: { wiring: '' } },
  { settings: { wiring: 'family=job port=8080' } },
];

export interface PolicyRun {
  readonly calls: number;
  readonly recorded: readonly Recorded[];
}

/** The same run each time: time is virtual, and the stories have seeds. */
export async function playPolicyRun(): Promise<PolicyRun> {
  const recorder = new Recorder();
  try {
    const { file } = await buildFunction(bundleOptions());
    for (const options of STAGES) {
      await playStage(options);
      await playStage(options, file);
    }
    for (let seed = 1; seed <= STORIES; seed += 1) await tellStory(seed);
  } finally {
    recorder.stop();
  }
  return { calls: recorder.calls, recorded: recorder.recorded };
}

/** Tasks start, are replaced and are forgotten by the function between two schedules; one group drains; one service is checked. */
async function playStage(options: StageOptions, bundle?: string): Promise<void> {
  const stage = new Stage(options);
  const backend = bundle === undefined ? inProcess() : await bundleOverHttp(bundle, stage);
  try {
    stage.use(backend);
    const service = stage.account.cloudMap.addService(MYSQL, 'mysql');
    service.tags.set('alb-target-sync', 'service=app');
    stage.group.tags.set('alb-target-sync', 'service=app port=8080');
    const tasks = [...stage.start(4), ...stage.start(2, { group: 'family:job', definition: 'job:1' })];
    await stage.pass(3_000);
    await stage.schedule();
    for (const task of tasks.slice(0, 5)) stage.account.ecs.stop(task);
    await stage.pass(20_000);
    stage.account.elb.register(stage.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
    await stage.invoke({ check: true });
    stage.group.tags.set('alb-target-sync', 'service=app port=8080 mode=drain');
    await stage.pass(70_000);
    await stage.schedule();
  } finally {
    await backend.close();
  }
}
