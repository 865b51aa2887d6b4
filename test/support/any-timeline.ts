/** Any timeline, be it one that no account would ever give: the page has to stand whatever a capture makes of the world. */
import fc from 'fast-check';
import type { Report } from '../../scripts/cli/report/report.ts';
import type { ChangeMark, EventMark, TargetSpan, TaskLane, Timeline } from '../../scripts/cli/report/timeline.ts';
import { anyCharacter } from './any-character.ts';
import { START_MS, taskArnOf } from './timelines.ts';

export const LENGTH_MS = 60_000;

const atMs = fc.integer({ min: START_MS, max: START_MS + LENGTH_MS });
const taskArn = fc.integer({ min: 0, max: 5 }).map((index) => taskArnOf(`${index}`.repeat(32)));
const ip = fc.constantFrom('10.0.0.4', '10.0.0.5', '10.0.0.6');
const group = fc.constantFrom('service:web', 'service:api', 'family:report');
const targetGroup = fc.constantFrom('web', 'api');
const port = fc.constantFrom(80, 8080);
/** Text as a stranger may write it. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    `"><img src=x onerror=alert(1)>`,
    `' onload='x`,
    '</script>',
    '<!--',
    '&amp;',
    '\u202e',
  ),
  fc.string({ unit: anyCharacter, maxLength: 12 }),
);
const STATES = ['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'];

const states: fc.Arbitrary<TaskLane['states']> = fc
  .array(fc.record({ atMs, last: fc.constantFrom(...STATES), desired: fc.constantFrom('RUNNING', 'STOPPED') }), {
    maxLength: 7,
  })
  .map((each) => each.sort((one, other) => one.atMs - other.atMs));

const span: fc.Arbitrary<TargetSpan> = fc
  .record({ targetGroup, ip, port, times: fc.array(atMs, { minLength: 1, maxLength: 3 }) })
  .map(({ times, ...about }) => {
    const [fromMs = START_MS, deregisteredMs, goneMs] = times.sort((one, other) => one - other);
    return { ...about, fromMs, deregisteredMs, goneMs };
  });

const change: fc.Arbitrary<ChangeMark> = fc.record({
  atMs,
  kind: fc.constantFrom('register', 'deregister'),
  targetGroup,
  ip,
  port,
  because: hostileText,
  taskArn,
});

const event: fc.Arbitrary<EventMark> = fc.record({
  atMs,
  id: hostileText,
  reading: fc.constantFrom('hint', 'ignored', 'unreadable', 'lost'),
  because: hostileText,
  taskArn: fc.option(taskArn, { nil: undefined }),
  file: hostileText,
});

const isoTime = atMs.map((each) => new Date(each).toISOString());

const finding = fc.record({
  kind: hostileText,
  subject: hostileText,
  message: hostileText,
  command: fc.option(hostileText, { nil: undefined }),
  since: fc.option(isoTime),
  until: fc.option(isoTime),
});

export const anyTimeline: fc.Arbitrary<Timeline> = fc.record({
  fromMs: fc.constant(START_MS),
  toMs: fc.constant(START_MS + LENGTH_MS),
  tasks: fc.uniqueArray(fc.record({ arn: taskArn, group, ip: fc.option(ip, { nil: undefined }), states }), {
    maxLength: 6,
    selector: ({ arn }) => arn,
  }),
  targets: fc.array(span, { maxLength: 6 }),
  changes: fc.array(change, { maxLength: 6 }).map(byTime),
  events: fc.array(event, { maxLength: 6 }).map(byTime),
  calls: fc.array(fc.record({ atMs, operation: hostileText }), { maxLength: 6 }).map(byTime),
  bindings: fc.array(fc.record({ group, targetGroup }), { maxLength: 2 }),
});

const resource = fc.record({
  type: fc.constantFrom('target group' as const, 'file' as const),
  name: hostileText,
  isRead: fc.boolean(),
  why: fc.option(hostileText),
});

const planned = fc.record({
  at: fc.constant(null),
  kind: fc.constantFrom('register' as const, 'deregister' as const),
  outcome: fc.constantFrom('due' as const, 'observed' as const, 'held' as const),
  held: fc.option(hostileText),
  targetGroup: hostileText,
  ip: hostileText,
  port,
  because: hostileText,
  taskArn: hostileText,
});

/** Any report, over time or of one moment. */
export const anyReport: fc.Arbitrary<Report> = fc.record({
  source: hostileText,
  verdict: fc.constantFrom('in step', 'differs', 'unknown'),
  headline: hostileText,
  startedAt: fc.constant(null),
  endedAt: fc.constant(null),
  resources: fc.array(resource, { maxLength: 3 }),
  changes: fc.array(planned, { maxLength: 3 }),
  failures: fc.array(
    fc.record({
      kind: fc.constant('denied' as const),
      operation: hostileText,
      resource: hostileText,
      message: hostileText,
      advice: hostileText,
    }),
    { maxLength: 2 },
  ),
  calls: fc.constant({}),
  findings: fc.array(finding, { maxLength: 3 }),
  tables: fc.array(
    fc.record({
      title: hostileText,
      head: fc.array(hostileText, { maxLength: 2 }),
      rows: fc.array(fc.array(hostileText, { maxLength: 2 }), { maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
  timeline: fc.option(anyTimeline, { nil: undefined }),
});

function byTime<Mark extends { readonly atMs: number }>(marks: Mark[]): Mark[] {
  return marks.sort((one, other) => one.atMs - other.atMs);
}
