/** Wrong ways to put a target in, and wrong ways to read what is there. */
import { FILES, type SeededBug } from './seeded-bug.ts';

export const WRONG_ADDITIONS: readonly SeededBug[] = [
  {
    name: 'the last answer counts',
    why: 'What was read last is newest.',
    patches: [
      {
        file: FILES.TASK,
        find: '    desired: later(DESIRED, one.desired, other.desired),\n    last: later(LIFE, one.last, other.last),',
        replace: '    desired: other.desired,\n    last: other.last,',
      },
    ],
    caughtBy: ['S1', 'S5', 'S7'],
  },
  {
    name: 'registers tasks that have not started',
    why: 'It has an address, so it can be registered in time.',
    patches: [
      {
        file: FILES.PLAN,
        find: '!binding.listed.has(task.arn) || !isServing(task)',
        replace: "!binding.listed.has(task.arn) || !['serving', 'pending'].includes(phaseOf(task))",
      },
      { file: FILES.GUARD, find: 'return task !== undefined && !isServing(task);', replace: 'return false;' },
      {
        file: FILES.CORE_SNAPSHOT,
        find: 'return binding.listed.has(task.arn) && isServing(task) && !registered.has(address);',
        replace: 'return binding.listed.has(task.arn) && !registered.has(address);',
      },
    ],
    caughtBy: ['S5'],
  },
  {
    name: 'registers what no list names',
    why: 'The description says RUNNING, so the list can only be behind.',
    patches: [{ file: FILES.PLAN, find: '!binding.listed.has(task.arn) || !isServing(task)', replace: '!isServing(task)' }],
    caughtBy: ['S4'],
  },
  {
    name: 'break before make',
    why: 'Clean up first, then there is room.',
    patches: [
      {
        file: FILES.WRITES,
        find: "  const deregistrations = changes.filter((change) => change.kind === 'deregister');",
        replace: `  const deregistrations = changes.filter((change) => change.kind === 'deregister');
  const early = await deregisterAll(writer, deregistrations);`,
      },
      {
        file: FILES.WRITES,
        find: '  const removed = await deregisterAll(writer, deregistrations);',
        replace: '  const removed = early;',
      },
    ],
    caughtBy: ['S9'],
  },
  {
    name: 'registers what is registered',
    why: 'Registration is idempotent, so why look.',
    patches: [
      {
        file: FILES.PLAN,
        find: 'registration === undefined || registered.has(member.address)',
        replace: 'registration === undefined',
      },
      { file: FILES.CORE_SNAPSHOT, find: 'isServing(task) && !registered.has(address);', replace: 'isServing(task);' },
    ],
    caughtBy: ['S15'],
  },
  {
    name: 'retries without asking again',
    why: 'A registration was right a moment ago.',
    patches: [
      {
        file: FILES.CALLER,
        find: "return isDue() ? this.#send(name, resource, input) : 'not due';",
        replace: 'return this.#send(name, resource, input);',
      },
    ],
    caughtBy: ['S11', 'S1', 'S5'],
  },
  {
    name: 'one bad target spoils the chunk',
    why: 'AWS refused the call.',
    patches: [
      {
        file: FILES.WRITES,
        find: '      const isFound = chunk.length === 1;',
        replace: '      const isFound = true;',
      },
      {
        file: FILES.WRITES,
        find: 'for (const { address } of chunk) shares.set(address, Math.ceil(chunk.length / 2));',
        replace: '',
      },
    ],
    caughtBy: ['L1', 'L3'],
  },
  {
    name: 'full for good',
    why: 'The quota said no, and it will say no again.',
    patches: [{ file: FILES.GUARD, find: 'return CONFIRM_AFTER_MS - 1_000;', replace: 'return 9e15;' }],
    caughtBy: ['L3'],
  },
  {
    name: 'no pagination',
    why: 'A list fits on its first page; it always has.',
    patches: [
      { file: FILES.READS, find: 'if (nextToken === undefined) return answered(items);', replace: 'return answered(items);' },
    ],
    caughtBy: ['L1', 'L3'],
  },
  {
    name: 'never searches the stopped tasks',
    why: 'Cache knows who had the address.',
    patches: [
      {
        file: FILES.SNAPSHOT,
        find: '  if (!unexplainedAddresses(reading.snapshot).some(isDue)) return reading;',
        replace: '  if (isDue !== undefined) return reading;',
      },
    ],
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'never asks about tasks that left the list',
    why: 'A task that is not listed does not matter.',
    patches: [
      {
        file: FILES.CORE_SNAPSHOT,
        find: 'if (isLive(task) && isUnlisted(snapshot.bindings, task)) known',
        replace: 'if (isLive(task) && snapshot.bindings.length < 0) known',
      },
    ],
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'leaves starts to the schedule',
    why: 'A minute is soon enough.',
    patches: [
      {
        file: FILES.EVENT,
        find: "  if (detail['lastStatus'] !== 'RUNNING' && detail['desiredStatus'] !== 'STOPPED') {",
        replace: "  if (detail['desiredStatus'] !== 'STOPPED') {",
      },
    ],
    caughtBy: ['L1'],
  },
];
