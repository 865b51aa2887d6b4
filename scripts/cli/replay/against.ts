/** `replay --against account`: the captured events beside what a pass would change now in the account that they come from. */
import { readEvent, screen } from '../../../functions/core/event.ts';
import type { ClusterArn } from '../../../functions/core/values.ts';
import { clientOptionsOf } from '../account.ts';
import { type Answer, type AnsweredFailure, verdictOf } from '../answer.ts';
import { IN_STEP, UNKNOWN } from '../exit.ts';
import { endOf, renderPlan } from '../plan/command.ts';
import { planAnswer } from '../plan/plan.ts';
import { openAccount } from '../read-account.ts';
import { joined, unreadText } from '../render.ts';
import { namedBy, type SettingsValues } from '../settings.ts';
import { type AnsweredEvent, answeredEvents, givenResources } from './answer.ts';
import { clustersOf } from './bindings.ts';
import type { Item } from './item.ts';
import type { HeardEvent } from './player.ts';
import { renderEvents } from './render.ts';

type Values = SettingsValues &
  Parameters<typeof clientOptionsOf>[0] & { readonly json?: boolean | undefined; readonly strict?: boolean | undefined };

interface AgainstAnswer extends Answer {
  readonly events: readonly AnsweredEvent[];
}

/** Reads the account and reports; the clusters are those of the capture if no option names them. */
export async function compareWithAccount(
  items: readonly Item[],
  missing: readonly AnsweredFailure[],
  values: Values,
): Promise<number> {
  const ofCapture = clustersOf(items.flatMap((item) => (item.kind === 'event' ? [item.event] : [])));
  const isNamed = values.cluster !== undefined || values.settings !== undefined || ofCapture.length === 0;
  const named = namedBy(isNamed ? values : { ...values, cluster: ofCapture });
  const options = clientOptionsOf(values, named);
  const account = await openAccount(named, values);
  const plan = planAnswer(await account.read(), options);
  const answer = answerBeside(plan, answeredEvents(items, heardBy(named.clusters, items)), missing, values.strict === true);
  if (values.json) console.log(JSON.stringify(answer));
  else console.log(joined([renderPlan(answer), renderEvents(answer.events)]));
  return endOf(answer);
}

/** The plan of the account, with what could not be read of the capture. */
function answerBeside(
  plan: Answer,
  events: readonly AnsweredEvent[],
  missing: readonly AnsweredFailure[],
  isStrict: boolean,
): AgainstAnswer {
  const given = givenResources(events, missing);
  const resources = [...plan.resources, ...given];
  const failures = [...plan.failures, ...missing];
  const answer = { ...plan, command: 'replay --against account' as const, resources, events, failures };
  if (given.length === 0) return answer;
  const verdict = verdictOf({ differences: plan.verdict === 'differs' ? 1 : 0, resources });
  const isKnown = plan.verdict === 'in step';
  const headline = isKnown
    ? `NOT READ: ${unreadText(given)} of the capture. In the account, nothing would be changed.`
    : `${plan.headline} NOT READ: ${unreadText(given)} of the capture.`;
  if (missing.length > 0)
    return { ...answer, verdict, headline, exitCode: UNKNOWN, exitCodeMeans: 'a named file cannot be read' };
  if (isStrict && plan.failures.length === 0) {
    return {
      ...answer,
      verdict,
      headline,
      exitCode: UNKNOWN,
      exitCodeMeans: 'something could not be read, and --strict is given',
    };
  }
  const exitCodeMeans = 'the account agrees with what could be read; with --strict, the rest would count';
  return isKnown ? { ...answer, verdict, headline, exitCode: IN_STEP, exitCodeMeans } : { ...answer, verdict, headline };
}

function heardBy(clusters: readonly ClusterArn[], items: readonly Item[]): HeardEvent[] {
  return items.flatMap((item) => {
    if (item.kind !== 'event') return [];
    const reading = readEvent(item.event);
    // Clusters that are discovered later are not yet known: then every cluster counts.
    return [{ item, reading: clusters.length === 0 ? reading : screen(reading, clusters), atMs: 0, isLost: false }];
  });
}
