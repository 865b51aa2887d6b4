/** Plays one cell: tasks come and go, with their events and then without, and everything that a person may read is collected. */
import { inProcess } from '../../../scripts/simulator/backends.ts';
import { Deployment } from '../../../scripts/simulator/deployment.ts';
import { present } from '../../../scripts/simulator/ecs.ts';
import type { Cell } from './cells.ts';

const LATER_MS = 120_000;

export interface Played {
  /** What the good group has and should have, after the events and after the schedule. */
  readonly registered: readonly (readonly string[])[];
  readonly serving: readonly (readonly string[])[];
  readonly told: string;
  readonly deadLetters: number;
}

/** Tasks of the good service whose addresses the good group can take. */
function goodOf({ serving }: Deployment): string[] {
  return serving.filter((key) => key.startsWith('10.'));
}

export async function playCell({ settings, arrange, goodTold }: Cell): Promise<Played> {
  const deployment = new Deployment({ settings: settings ?? {} });
  const backend = inProcess();
  deployment.use(backend);
  arrange?.(deployment);
  const registered: string[][] = [];
  const serving: string[][] = [];
  const look = (): void => {
    // Lines at other ports are what a cell may have beside the good one.
    registered.push(deployment.registered.filter((key) => key.endsWith(':8080') && key.startsWith('10.')));
    serving.push(goodOf(deployment));
  };
  const [first] = deployment.start(2);
  await deployment.pass(20_000);
  look();
  deployment.deliver = () => undefined;
  if (first !== undefined && present(first).desired === 'RUNNING') deployment.account.ecs.stop(first);
  deployment.start(1);
  await deployment.pass(300);
  const failed: string[] = [];
  const schedule = (): Promise<unknown> => deployment.schedule().catch((error: unknown) => failed.push(String(error)));
  await schedule();
  look();
  // An instance is missed only once its task has run for a while.
  if (goodTold !== undefined) await deployment.pass(LATER_MS);
  if (goodTold !== undefined) await schedule();
  const told = backend.runtimes
    .map(({ reports }) => reports)
    .flatMap(({ findings, errors, setAsides }) => [
      ...findings.map(({ message, subject }) => `${subject}: ${message}`),
      ...errors,
      ...setAsides.map(({ reading }) => JSON.stringify(reading)),
    ]);
  return {
    registered,
    serving,
    told: [...new Set([...told, ...failed])].join('\n'),
    deadLetters: deployment.queue.deadLetters.length,
  };
}
