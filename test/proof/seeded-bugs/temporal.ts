/** Wrong ways to go about the work: hints, binding, other writers, and what is said to be done. */
import { FILES, type SeededBug } from './seeded-bug.ts';

export const WRONG_CONDUCT: readonly SeededBug[] = [
  {
    name: 'forged version remembered',
    why: 'A task is at least as new as its newest event, and a reading older than that says nothing.',
    patches: [
      {
        file: FILES.SNAPSHOT,
        find: '  const definitionFailures = await this.#readDefinitions(',
        replace: `  for (const { task, version } of hints) {
    const fact = cache.tasks.get(task);
    if (fact !== undefined && version > fact.task.version) cache.tasks.set(task, { ...fact, task: { ...fact.task, version } });
  }
  const definitionFailures = await this.#readDefinitions(`,
      },
      {
        file: FILES.TASK,
        find: '  return {\n    arn: one.arn,',
        replace: '  if (other.version < one.version) return one;\n  return {\n    arn: one.arn,',
      },
    ],
    caughtBy: ['L1', 'L2', 'L3', 'S1', 'S5'],
  },
  {
    name: 'waits for a version it was promised',
    why: 'A hint tells of a newer version, so a write on an older one would be too early.',
    patches: [
      {
        file: FILES.PASS,
        find: '  const planned = planChanges(snapshot);',
        replace: `  const { cache } = invocation;
  cache.promised ??= new Map();
  for (const { task, version } of hints) cache.promised.set(task, Math.max(version, cache.promised.get(task) ?? 0));
  const planned = planChanges(snapshot).filter(({ because }) => because.version >= (cache.promised.get(because.task) ?? 0));`,
      },
    ],
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'acknowledges before success',
    why: 'The schedule will do it anyway.',
    patches: [
      {
        file: FILES.SYNC,
        find: "    .filter(({ reading }) => reading.kind === 'hint' && unfinishedHints.has(reading.hint))",
        replace: '    .filter(() => false)',
      },
    ],
    caughtBy: ['S16'],
  },
  {
    name: 'takes a failure for done',
    why: 'The error was logged, and that is what errors are for.',
    patches: [
      {
        file: FILES.PASS,
        find: '      failed: isAged || [...failures, ...recordFailures].some(isPassing),',
        replace: '      failed: false,',
      },
    ],
    caughtBy: ['S16'],
  },
  {
    name: 'a binding to fall back on when tags cannot be read',
    why: 'Better the usual binding than none.',
    patches: [
      {
        file: FILES.READ_CONFIGURATION,
        find: '      // A failed read is not "no tag": the last copy stays, and the guard sees how old it is.',
        replace: `      for (const arn of items) {
        copies.set(arn, { tags: [{ key: 'alb-target-sync', value: 'service=app port=8080' }], readAtMs: reader.clock.now() });
      }`,
      },
    ],
    caughtBy: ['S18', 'S21'],
  },
  {
    name: 'binding of any age',
    why: 'Nobody changes tags.',
    patches: [
      {
        file: FILES.GUARD,
        find: 'nowMs - (bindingsReadAtMs ?? nowMs) > BINDINGS_AGE_MAX_MS',
        replace: 'nowMs < (bindingsReadAtMs ?? nowMs)',
      },
    ],
    act: 'tags that cannot be read',
    caughtBy: ['S21'],
  },
  {
    name: 'observe is a suggestion',
    why: 'The proof is perfect, why not write.',
    patches: [{ file: FILES.GUARD, find: 'holds: ({ binding }) => !binding.writes', replace: 'holds: () => false' }],
    caughtBy: ['S18', 'S4'],
  },
  {
    name: 'writes beside ECS',
    why: 'Two keepers keep better than one.',
    patches: [{ file: FILES.GUARD, find: 'holds: ({ binding }) => binding.native', replace: 'holds: () => false' }],
    caughtBy: ['S20', 'S4'],
  },
  {
    name: 'fights other writers',
    why: 'We are right, so we write.',
    patches: [
      {
        file: FILES.GUARD,
        find: 'nowMs - (writtenAtMs.get(changeKey(change)) ?? Number.NEGATIVE_INFINITY) <',
        replace: 'Number.POSITIVE_INFINITY <',
      },
    ],
    caughtBy: ['S19'],
  },
  {
    name: 'events alone',
    why: 'EventBridge delivers at least once.',
    patches: [
      {
        file: FILES.SYNC,
        find: '      const { unfinished } = await run(environment, request, reports);',
        replace: '      const unfinished = request.hints;',
      },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'a schedule that skips what it knows',
    why: 'Nothing was hinted at, so nothing has changed.',
    patches: [
      {
        file: FILES.RUN,
        find: '  if (isFull(invocation) || openHints(invocation, bound).length > 0) return true;',
        replace: `  const { wholeAtMs, open } = invocation.cache.group(bound.group.arn);
  if (isFull(invocation) && wholeAtMs !== undefined && open.size === 0) return false;
  if (isFull(invocation) || openHints(invocation, bound).length > 0) return true;`,
      },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'reads its configuration at every pass',
    why: 'Then it is always fresh.',
    patches: [
      {
        file: FILES.INVOCATION,
        find: "  if (isFresh && isCurrent(known, clock.now(), trigger === 'schedule')) return Promise.resolve(known);",
        replace: '',
      },
    ],
    caughtBy: ['S23'],
  },
];
