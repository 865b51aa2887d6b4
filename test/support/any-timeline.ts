/** Any timeline, be it one that no account would ever give: the page has to stand whatever a capture makes of the world. */
import fc from 'fast-check';
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

const finding = fc.record({
  kind: hostileText,
  subject: hostileText,
  message: hostileText,
  command: fc.option(hostileText, { nil: undefined }),
});

export const anyTimeline: fc.Arbitrary<Timeline> = fc.record({
  title: hostileText,
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
  findings: fc.array(finding, { maxLength: 3 }),
  summary: fc.array(fc.record({ label: hostileText, value: hostileText }), { maxLength: 3 }),
});

function byTime<Mark extends { readonly atMs: number }>(marks: Mark[]): Mark[] {
  return marks.sort((one, other) => one.atMs - other.atMs);
}
