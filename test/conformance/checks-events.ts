/** What we rely on of Amazon EventBridge. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, objectsIn, refused, upTo } from './check.ts';

const PUT_EVENTS = 'EventBridge API reference, PutEvents';
const RESULT = 'EventBridge API reference, PutEventsResultEntry, ErrorCode';

const ENTRY = { Source: 'alb-target-sync', DetailType: 'Targets changed', Detail: '{"changes":[]}' };

function refusesEntry(what: string, entry: JsonObject, code: string, source: string): Check {
  return {
    name: `PutEvents: ${what} is ${code}, and the entries beside it are taken`,
    source,
    run: async (scene) => {
      const answer = await scene.call('PutEvents', { Entries: [ENTRY, entry] });
      assert.equal(answer['FailedEntryCount'], 1);
      const [good, bad] = objectsIn(answer, 'Entries');
      assert.match(String(good?.['EventId']), /\S/);
      assert.equal(bad?.['ErrorCode'], code);
      assert.equal(bad?.['EventId'], undefined);
    },
  };
}

export const EVENT_CHECKS: readonly Check[] = [
  {
    name: 'PutEvents: answers each entry with an ID of its own, and counts none as failed',
    source: `${PUT_EVENTS}, response`,
    run: async (scene) => {
      const answer = await scene.call('PutEvents', { Entries: [ENTRY, ENTRY] });
      assert.equal(answer['FailedEntryCount'], 0);
      const ids = each(objectsIn(answer, 'Entries'), 'EventId');
      assert.equal(new Set(ids).size, 2);
      for (const id of ids) assert.match(String(id), /\S/);
    },
  },
  {
    name: 'PutEvents: takes 10 entries, and refuses 11',
    source: `${PUT_EVENTS}, Entries: 1 to 10 items`,
    run: async (scene) => {
      const ask = (count: number): JsonObject => ({ Entries: upTo(count).map(() => ENTRY) });
      assert.equal((await scene.call('PutEvents', ask(10)))['FailedEntryCount'], 0);
      await refused(scene, 'PutEvents', ask(11), 'Validation');
    },
  },
  {
    name: 'PutEvents: refuses entries of 1 MB together',
    source: `${PUT_EVENTS}: the total entry size must be less than 1MB; the code of the error is inferred`,
    run: async (scene) => {
      const Detail = JSON.stringify({ text: 'x'.repeat(524_288) });
      await refused(
        scene,
        'PutEvents',
        {
          Entries: [
            { ...ENTRY, Detail },
            { ...ENTRY, Detail },
          ],
        },
        'Validation',
      );
    },
  },
  {
    name: 'PutEvents: an event for a bus that does not exist is answered like any other, and lost',
    source: 'observed: aws/aws-cli#9186, aws/aws-sdk-ruby#2657, aws/aws-sdk-java-v2#3173',
    run: async (scene) => {
      const answer = await scene.call('PutEvents', { Entries: [{ ...ENTRY, EventBusName: 'nobody-made-it' }] });
      assert.equal(answer['FailedEntryCount'], 0);
      assert.match(String(each(objectsIn(answer, 'Entries'), 'EventId')[0]), /\S/);
    },
  },
  refusesEntry(
    "AWS's own source",
    { ...ENTRY, Source: 'aws.ecs' },
    'NotAuthorizedForSourceException',
    `${RESULT}; that it is the one of sources in aws. is inferred`,
  ),
  refusesEntry('a detail that is no JSON object', { ...ENTRY, Detail: '{' }, 'MalformedDetail', RESULT),
  refusesEntry('a missing detail type', { Source: ENTRY.Source, Detail: ENTRY.Detail }, 'InvalidArgument', RESULT),
];
