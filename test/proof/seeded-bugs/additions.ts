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
    act: 'reads that go back',
    caughtBy: ['S1', 'S5', 'S7'],
  },
  {
    name: 'registers tasks that have not started',
    why: 'It has an address, so it can be registered in time.',
    patches: [
      {
        file: FILES.PLAN,
        find: '!isMember(binding, task) || !isReady(member)',
        replace: "!isMember(binding, task) || !['serving', 'pending'].includes(phaseOf(task))",
      },
      {
        file: FILES.GUARD,
        find: "if (kind === 'register') return task === undefined || (isServing(task) && !held?.has(because.task));",
        replace: "if (kind === 'register') return true;",
      },
      {
        file: FILES.CORE_SNAPSHOT,
        find: 'return !binding.drain && isMember(binding, task) && isServing(task);',
        replace: 'return !binding.drain && isMember(binding, task);',
      },
    ],
    caughtBy: ['S5'],
  },
  {
    name: 'registers what no list names',
    why: 'The description says RUNNING, so the list can only be behind.',
    patches: [
      { file: FILES.PLAN, find: '!isMember(binding, task) || !isReady(member)', replace: '!isReady(member)' },
      {
        file: FILES.CORE_SNAPSHOT,
        find: 'return !binding.drain && isMember(binding, task) && isServing(task);',
        replace: 'return !binding.drain && isServing(task);',
      },
    ],
    act: 'an impostor',
    caughtBy: ['S4', 'S27'],
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
    act: 'one batch',
    caughtBy: ['S9'],
  },
  {
    name: 'registers what is registered',
    why: 'Registration is idempotent, so why look.',
    patches: [
      {
        file: FILES.PLAN,
        find: '!registered.has(address)',
        replace: 'address !== undefined',
      },
      {
        file: FILES.CORE_SNAPSHOT,
        find: '  if (registered.has(address)) return',
        replace: '  if (registered.has(address) && !isServing(task)) return',
      },
    ],
    caughtBy: ['S15'],
  },
  {
    name: 'retries without asking again',
    why: 'A registration was right a moment ago.',
    patches: [
      {
        file: FILES.CALLER,
        find: "return isDue() || (await renew?.()) ? this.#send(call) : 'not due';",
        replace: 'return this.#send(call);',
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
        find: '    if (chunk.length === 1) this.#take(chunk, refused(chunk, failure));',
        replace: '    this.#take(chunk, refused(chunk, failure));',
      },
      {
        file: FILES.WRITES,
        find: 'for (const { address } of chunk) this.#shares.set(address, Math.ceil(chunk.length / 2));',
        replace: '',
      },
    ],
    act: 'one bad address',
    caughtBy: ['L1', 'L3'],
  },
  {
    name: 'full for good',
    why: 'The quota said no, and it will say no again.',
    patches: [{ file: FILES.GUARD, find: 'return CONFIRM_AFTER_MS - 1_000;', replace: 'return 9e15;' }],
    act: 'a full group',
    caughtBy: ['L3'],
  },
  {
    name: 'no pagination',
    why: 'A list fits on its first page; it always has.',
    patches: [{ file: FILES.CALLER, find: 'if (nextToken === undefined) return ok(items);', replace: 'return ok(items);' }],
    caughtBy: ['L1', 'L3'],
  },
  {
    name: 'never searches the stopped tasks',
    why: 'Cache knows who had the address.',
    patches: [
      {
        file: FILES.STRANGERS,
        find: '  if (!unexplained.some(isDue)) return',
        replace: '  if (isDue !== undefined) return',
      },
    ],
    act: 'a stop in an outage',
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
    act: 'a task that lingers',
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
