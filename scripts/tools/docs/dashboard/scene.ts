/**
 * Three hours of a stack, for a picture in which something happens: deployments, throttled calls, a full group, and a mistake
 * that still stands.
 */
import { Watched } from '../../../simulator/watched.ts';
import { compositeAlarms, metricAlarms, NAMES } from '../../template/alarms.ts';

const MINUTE_MS = 60_000;
const LINE = 'service=app port=8080';
const TAG = 'alb-target-sync';
const TASKS = 12;
export const SCENE_MINUTES = 180;

export async function playScene(): Promise<Watched> {
  const settings = { clusters: [], targetGroups: [], binding: '' };
  const watched = new Watched({ names: NAMES, alarms: metricAlarms(), composites: compositeAlarms(), settings });
  const { deployment } = watched;
  const { account, group, clock } = deployment;
  const start = (count: number) => deployment.start(count, { timing: {} });
  account.changeTag(group, TAG, LINE);
  let running = start(TASKS);
  const at = (minute: number, act: () => void): void => void clock.after(minute * MINUTE_MS, act);
  /** Four tasks at a time: new ones first, and old ones 40 s after those run. */
  const deploy = (minute: number): void => {
    for (let step = 0; step < TASKS / 4; step += 1) {
      at(minute + 2 * step, () => {
        const [old, fresh] = [running.slice(0, 4), start(4)];
        running = [...running.slice(4), ...fresh];
        clock.after(75_000, () => {
          for (const task of old) account.ecs.stop(task);
        });
      });
    }
  };
  deploy(25);
  at(62, () => {
    deployment.service.faults = (name) =>
      name === 'RegisterTargets' ? { kind: 'error', code: 'Throttling', status: 400 } : undefined;
    running.push(...start(3));
  });
  at(71, () => {
    deployment.service.faults = () => undefined;
  });
  at(88, () => {
    group.quota = group.targets.size;
    running.push(...start(2));
  });
  at(96, () => {
    group.quota = 1_000;
  });
  deploy(120);
  at(160, () => account.changeTag(group, TAG, `${LINE} mode=drain`));
  await watched.pass(SCENE_MINUTES * MINUTE_MS);
  return watched;
}
