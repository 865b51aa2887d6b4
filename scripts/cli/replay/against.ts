/** `replay --against account`: the captured events beside what a pass would change now in the account that they come from. */

import type { Settings } from '../../../functions/core/binding-sources.ts';
import { readEvent, screen } from '../../../functions/core/event.ts';
import { type AccountValues, failureOf, optionsOf } from '../account.ts';
import { DIFFERENCES, FAILED, IN_STEP } from '../exit.ts';
import { renderPlan } from '../plan/command.ts';
import { explainFailures, planAccount } from '../plan/plan.ts';
import { type SettingsOptions, settingsOf } from '../settings.ts';
import { answeredEvents } from './answer.ts';
import { clustersOf } from './bindings.ts';
import type { Item } from './item.ts';
import type { HeardEvent } from './player.ts';
import { renderEvents } from './render.ts';

interface Values extends SettingsOptions, AccountValues {
  readonly json?: boolean | undefined;
  readonly strict?: boolean | undefined;
}

/** Reads the account and tells; the clusters are those of the capture where no option names them. */
export async function compareWithAccount(items: readonly Item[], values: Values): Promise<number> {
  const told = clustersOf(items.flatMap((item) => (item.kind === 'event' ? [item.event] : [])));
  const isNamed = values.cluster !== undefined || values.settings !== undefined || told.length === 0;
  const settings = settingsOf(isNamed ? values : { ...values, cluster: told });
  const events = answeredEvents(items, heardBy(settings, items));
  const { failures, ...plan } = await planAccount(settings, optionsOf(settings, values));
  if (values.json) console.log(JSON.stringify({ events, ...plan, failures: explainFailures(failures) }));
  else console.log([renderEvents(events), renderPlan({ failures, ...plan })].join('\n\n'));
  if (failures.length > 0) throw failureOf({ failures, ...plan });
  if (values.strict && events.some(({ reading }) => reading === 'unreadable')) return FAILED;
  return plan.changes.some(({ held }) => held === undefined) ? DIFFERENCES : IN_STEP;
}

function heardBy({ clusters }: Settings, items: readonly Item[]): HeardEvent[] {
  return items.flatMap((item) => {
    if (item.kind !== 'event') return [];
    return [{ item, reading: screen(readEvent(item.event), clusters), atMs: 0, isLost: false }];
  });
}
