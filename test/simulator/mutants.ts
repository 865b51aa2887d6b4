/**
 * Wrong algorithms, each as a small change to the function's sources: what people write, and what a careless edit would make
 * of this code. The referee is worth what it notices of them.
 */

export interface Patch {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** The reasoning that makes it look right, or the slip that it is. */
  readonly why: string;
  readonly patches: readonly Patch[];
  /** The invariants that have to notice it: one of them does. */
  readonly caughtBy: readonly string[];
}

const CALLER = 'functions/app/caller.ts';
const CONFIGURATION = 'functions/app/configuration.ts';
const ENVIRONMENT = 'functions/app/environment.ts';
const EVENT = 'functions/core/event.ts';
const GUARD = 'functions/core/guard.ts';
const PLAN = 'functions/core/plan.ts';
const READS = 'functions/app/reads.ts';
const RECONCILE = 'functions/app/reconcile.ts';
const SNAPSHOT = 'functions/app/snapshot.ts';
const CORE_SNAPSHOT = 'functions/core/snapshot.ts';
const SYNC = 'functions/sync/sync.ts';
const TASK = 'functions/core/task.ts';
const VISIT = 'functions/app/visit.ts';
const WRITES = 'functions/app/writes.ts';

/** What an event says of its task, carried along with the hint, as a task that nobody read. */
const CARRY_DETAIL: Patch = {
  file: EVENT,
  find: "      eventId: shortText(event['id']) ?? '',",
  replace: `      eventId: shortText(event['id']) ?? '',
      told: {
        arn: task.value, cluster: cluster.value, version: detail.version, desired: detail.desiredStatus, last: detail.lastStatus,
        group: detail.group, definition: definitionOf(detail.taskDefinitionArn), interface: 'ATTACHED',
        ipv4: /"privateIPv4Address","value":"([^"]*)"/.exec(JSON.stringify(detail.attachments ?? []))?.[1],
      },`,
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'edge-triggered',
    why: 'The event says what happened, so it says what to do.',
    patches: [
      CARRY_DETAIL,
      {
        file: RECONCILE,
        find: '  const planned = planChanges(reading.snapshot);',
        replace: `  const planned = context.hints.flatMap(({ told }) => {
    const feed = reading.snapshot.feeds[0];
    if (told?.ipv4 === undefined) return [];
    const descriptor = { id: told.ipv4, port: feed.wiring.port, zone: undefined };
    const because = { rule: 'task is stopping', task: told.arn, version: 1, last: '', desired: '', describedAtMs: clock.now(), wiring: '' };
    const kind = told.desired === 'STOPPED' ? 'deregister' : 'register';
    return [{ kind, address: told.ipv4 + ':8080', descriptor, because, feed, draining: false, startedAtMs: 0 }];
  });`,
      },
    ],
    caughtBy: ['S1', 'S2', 'S4', 'S5', 'S11', 'S15', 'S24'],
  },
  {
    name: 'event bytes reach a write',
    why: 'The event is newer than any read, so it is taken for one.',
    patches: [
      CARRY_DETAIL,
      {
        file: RECONCILE,
        find: '  const planned = planChanges(reading.snapshot);',
        replace: `  for (const { told } of context.hints) {
    const known = reading.snapshot.tasks.get(told.arn);
    reading.snapshot.tasks.set(told.arn, known === undefined ? told : { ...known, desired: told.desired, last: told.last });
    reading.snapshot.describedAtMs.set(told.arn, clock.now());
  }
  const planned = planChanges(reading.snapshot);`,
      },
    ],
    caughtBy: ['S1', 'S2', 'S4', 'S5', 'S11', 'S24'],
  },
  {
    name: 'trusts absence',
    why: 'A target whose task is not in the list has no task.',
    patches: [
      {
        file: PLAN,
        find: '    return change === undefined ? [] : [change];',
        replace: `    if (change !== undefined) return [change];
    const [feed] = snapshot.feeds;
    const because = { rule: 'task is stopping', task: '', version: 1, last: '', desired: '', describedAtMs: Date.now() * 2, wiring: '' };
    return [{ kind: 'deregister', address: target.address, descriptor: target.descriptor, because, feed }];`,
      },
    ],
    caughtBy: ['S2', 'S3'],
  },
  {
    name: 'reads tasks first',
    why: 'The order of two reads cannot matter.',
    patches: [
      {
        file: RECONCILE,
        find: "  const targets = await caller.read('DescribeTargetHealth'",
        replace: "  const early = await readSnapshot(context, []);\n  const targets = await caller.read('DescribeTargetHealth'",
      },
      {
        file: RECONCILE,
        find: 'await searchStopped(context, await readSnapshot(context, targets.value))',
        replace: 'await searchStopped(context, { ...early, snapshot: { ...early.snapshot, targets: targets.value } })',
      },
    ],
    caughtBy: ['S25'],
  },
  {
    name: 'no veto',
    why: 'The owner is proved stopped, so the target can go.',
    patches: [
      {
        file: PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: 'if (isDraining(target)) return [];',
      },
      { file: GUARD, find: 'return hasLetGo || wanted.has(address);', replace: 'return hasLetGo;' },
    ],
    caughtBy: ['S1'],
  },
  {
    name: 'no veto before the write',
    why: 'The plan has looked at everything already.',
    patches: [{ file: WRITES, find: ' && !isContradicted(changes);', replace: ';' }],
    caughtBy: ['S1', 'S5'],
  },
  {
    name: 'veto by strangers',
    why: 'Something lives at the address, so the target is in use.',
    patches: [
      {
        file: SNAPSHOT,
        find: '  const snapshot = { group: wired.group, targets, feeds, tasks, describedAtMs: new Map<TaskArn, number>() };',
        replace: `  const { cluster } = wired.feeds[0].wiring.selector;
  const strangers = await listTasks(context.caller, { kind: 'family', cluster, name: 'other' }, 'RUNNING');
  if (!strangers.ok) failures.push(strangers.failure);
  else failures.push(...(await describeTasks(context, strangers.value.map((arn) => ({ arn, cluster })), 'known')).failures);
  const snapshot = { group: wired.group, targets, feeds, tasks, describedAtMs: new Map<TaskArn, number>() };
  const listed = new Set(strangers.ok ? strangers.value : []);
  const held = new Set([...memory.facts.values()].filter(({ task }) => listed.has(task.arn) && task.desired === 'RUNNING').map(({ task }) => task.ipv4));
  snapshot.targets = targets.map((target) => (held.has(target.descriptor.id) ? { ...target, state: 'draining' } : target));`,
      },
    ],
    caughtBy: ['L3', 'L5'],
  },
  {
    name: 'no plan age',
    why: 'What was true when it was planned is true when it is sent.',
    patches: [
      { file: WRITES, find: 'nowMs - change.because.describedAtMs <= PROOF_AGE_MAX_MS', replace: 'true' },
      { file: GUARD, find: 'nowMs - change.because.describedAtMs > PROOF_AGE_MAX_MS', replace: 'false' },
    ],
    caughtBy: ['S11'],
  },
  {
    name: 'forged version remembered',
    why: 'A task is at least as new as its newest event, and a reading older than that says nothing.',
    patches: [
      {
        file: SNAPSHOT,
        find: '  for (const feed of feeds) noteListed(',
        replace: `  for (const { task, version } of hints) {
    const fact = memory.facts.get(task);
    if (fact !== undefined && version > fact.task.version) memory.facts.set(task, { ...fact, task: { ...fact.task, version } });
  }
  for (const feed of feeds) noteListed(`,
      },
      {
        file: TASK,
        find: '  return {\n    arn: one.arn,',
        replace: '  if (other.version < one.version) return one;\n  return {\n    arn: one.arn,',
      },
    ],
    caughtBy: ['L2', 'L3', 'S1', 'S5'],
  },
  {
    name: 'waits for a version it was promised',
    why: 'A hint tells of a newer version, so a write on an older one would be too early.',
    patches: [
      {
        file: RECONCILE,
        find: '  const planned = planChanges(reading.snapshot);',
        replace: `  memory.promised ??= new Map();
  for (const { task, version } of context.hints) memory.promised.set(task, Math.max(version, memory.promised.get(task) ?? 0));
  const planned = planChanges(reading.snapshot).filter(({ because }) => because.version >= (memory.promised.get(because.task) ?? 0));`,
      },
    ],
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'writes from memory',
    why: 'What was read a minute ago need not be read again.',
    patches: [
      {
        file: PLAN,
        find: '    if (rule === undefined || describedAtMs === undefined) return [];\n    return [{ feed, because: proofOf(rule, feed, task, describedAtMs) }];',
        replace:
          '    if (rule === undefined) return [];\n    return [{ feed, because: proofOf(rule, feed, task, describedAtMs ?? 9e15) }];',
      },
      { file: CORE_SNAPSHOT, find: '  return registered.has(address) && !wanted.has(address);', replace: '  return false;' },
    ],
    caughtBy: ['S11'],
  },
  {
    name: 'blind retry',
    why: 'A deregistration that failed is sent again until it is taken.',
    patches: [
      {
        file: WRITES,
        find: "    const answer = await send(writer, 'DeregisterTargets', chunk);",
        replace: `    let answer = await send(writer, 'DeregisterTargets', chunk);
    for (let again = 0; again < 5 && answer !== 'not due' && !answer.ok; again += 1) {
      await writer.clock.sleep(1_000);
      const input = { group: writer.group.arn, targets: chunk.map((change) => change.descriptor) };
      answer = await writer.caller.write('DeregisterTargets', 'again', input, () => true);
    }`,
      },
    ],
    caughtBy: ['S11', 'S1'],
  },
  {
    name: 'deregisters without the port',
    why: 'An address names a target; AWS even answers 200.',
    patches: [
      {
        file: PLAN,
        find: 'address: target.address, descriptor: target.descriptor, ...best };',
        replace: 'address: target.address, descriptor: { id: target.descriptor.id }, ...best };',
      },
    ],
    caughtBy: ['S12'],
  },
  {
    name: 'deregisters without the zone',
    why: 'The port is there, that will do.',
    patches: [
      {
        file: PLAN,
        find: 'address: target.address, descriptor: target.descriptor, ...best };',
        replace: 'address: target.address, descriptor: { ...target.descriptor, zone: undefined }, ...best };',
      },
    ],
    caughtBy: ['S12'],
  },
  {
    name: 'no pagination',
    why: 'A list fits on its first page; it always has.',
    patches: [
      { file: READS, find: 'if (nextToken === undefined) return answered(items);', replace: 'return answered(items);' },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'acknowledges before success',
    why: 'The schedule will do it anyway.',
    patches: [
      {
        file: SYNC,
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
        file: RECONCILE,
        find: '  const isUnfinished = isAged || failures.some(isPassing);',
        replace: '  const isUnfinished = false;',
      },
    ],
    caughtBy: ['S16'],
  },
  {
    name: 'a wiring to fall back on when tags cannot be read',
    why: 'Better the usual wiring than none.',
    patches: [
      {
        file: CONFIGURATION,
        find: '      // A failed read is not "no tag": the last copy stays, and the guard sees how old it is.',
        replace: `      for (const arn of chunk) {
        copies.set(arn, { tags: [{ key: 'alb-target-sync', value: 'service=app port=8080' }], readAtMs: reader.clock.now() });
      }`,
      },
    ],
    caughtBy: ['S18', 'S21'],
  },
  {
    name: 'wiring of any age',
    why: 'Nobody changes tags.',
    patches: [
      { file: GUARD, find: 'nowMs - wiringReadAtMs > WIRING_AGE_MAX_MS', replace: 'false' },
      { file: WRITES, find: 'nowMs - wiringReadAtMs <= WIRING_AGE_MAX_MS', replace: 'true' },
    ],
    caughtBy: ['S21'],
  },
  {
    name: 'no second look',
    why: 'ECS says STOPPED, and STOPPED is final.',
    patches: [{ file: GUARD, find: "    if (!isConfirmed) return 'waits for the second look';", replace: '' }],
    caughtBy: ['S7'],
  },
  {
    name: 'a second look that looks at nothing',
    why: 'Five seconds have passed; that was the point.',
    patches: [
      {
        file: RECONCILE,
        find: 'isSecondLookDue(context) ? await readTasksAgain(context, first) : first;',
        replace: 'isSecondLookDue(context) ? { ...first, confirmedAtMs: clock.now() } : first;',
      },
      {
        file: SNAPSHOT,
        find: '  const { feeds, failures } = await readFeeds(context);',
        replace: `  const group = groupMemory(memory, wired.group.arn);
  const looked = group.looked !== undefined && context.firstProofMs.size > 0 ? group.looked : await readFeeds(context);
  group.looked = looked;
  const { feeds, failures } = looked;`,
      },
    ],
    caughtBy: ['S7'],
  },
  {
    name: 'a second look after one second',
    why: 'Nobody waits five seconds.',
    patches: [
      {
        file: GUARD,
        find: 'export const SECOND_LOOK_AFTER_MS = 5_000;',
        replace: 'export const SECOND_LOOK_AFTER_MS = 1_000;',
      },
    ],
    caughtBy: ['S7'],
  },
  {
    name: 'the last answer counts',
    why: 'What was read last is newest.',
    patches: [
      {
        file: TASK,
        find: '    desired: later(DESIRED, one.desired, other.desired),\n    last: later(LIFE, one.last, other.last),',
        replace: '    desired: other.desired,\n    last: other.last,',
      },
    ],
    caughtBy: ['S5', 'S1'],
  },
  {
    name: 'registers tasks that have not started',
    why: 'It has an address, so it can be registered in time.',
    patches: [
      {
        file: PLAN,
        find: '!feed.listed.has(task.arn) || !isServing(task)',
        replace: '!feed.listed.has(task.arn) || !isLive(task)',
      },
      { file: GUARD, find: 'return task !== undefined && !isServing(task);', replace: 'return false;' },
      {
        file: CORE_SNAPSHOT,
        find: 'return feed.listed.has(task.arn) && isServing(task) && !registered.has(address);',
        replace: 'return feed.listed.has(task.arn) && !registered.has(address);',
      },
    ],
    caughtBy: ['S5'],
  },
  {
    name: 'registers what no list names',
    why: 'The description says RUNNING, so the list can only be behind.',
    patches: [{ file: PLAN, find: '!feed.listed.has(task.arn) || !isServing(task)', replace: '!isServing(task)' }],
    caughtBy: ['S4'],
  },
  {
    name: 'break before make',
    why: 'Clean up first, then there is room.',
    patches: [
      {
        file: WRITES,
        find: "  const deregistrations = changes.filter((change) => change.kind === 'deregister');",
        replace: `  const early = await deregisterAll(writer, changes.filter((change) => change.kind === 'deregister'));
  const deregistrations = [];`,
      },
      {
        file: WRITES,
        find: '  const added = join(fresh, draining);',
        replace: '  const added = join(early, join(fresh, draining));',
      },
    ],
    caughtBy: ['S9'],
  },
  {
    name: 'removes although a read has failed',
    why: 'This task is proved stopped; the other list is about other tasks.',
    patches: [{ file: GUARD, find: "  if (circumstances.readsFailed) return 'a read failed';", replace: '' }],
    caughtBy: ['S8'],
  },
  {
    name: 'an error is an empty list',
    why: 'No answer, no tasks.',
    patches: [
      {
        file: SNAPSHOT,
        find: "    answer.ok || answer.failure.kind === 'gone' ? [] : [answer.failure],\n  );\n  return { feeds, failures };",
        replace: '    [],\n  );\n  return { feeds, failures };',
      },
    ],
    caughtBy: ['S8', 'S16'],
  },
  {
    name: 'observe is a suggestion',
    why: 'The proof is perfect, why not write.',
    patches: [{ file: GUARD, find: "  if (!change.feed.wiring.writes) return 'observe';", replace: '' }],
    caughtBy: ['S18', 'S4'],
  },
  {
    name: 'writes beside ECS',
    why: 'Two keepers keep better than one.',
    patches: [{ file: GUARD, find: "  if (change.feed.native) return 'ECS manages this group';", replace: '' }],
    caughtBy: ['S20', 'S4'],
  },
  {
    name: 'health decides',
    why: 'An unhealthy target serves nobody.',
    patches: [
      {
        file: PLAN,
        find: '    const change = deregistrationOf(snapshot, target, owners.get(target.address) ?? []);',
        replace: `    const [owner] = owners.get(target.address) ?? [];
    const because = owner && { rule: 'task is stopping', task: owner.task.arn, version: 1, last: '', desired: '', describedAtMs: 9e15, wiring: '' };
    const sick = owner && target.state === 'unhealthy' && { kind: 'deregister', address: target.address, descriptor: target.descriptor, because, feed: owner.feed };
    const change = sick || deregistrationOf(snapshot, target, owners.get(target.address) ?? []);`,
      },
      {
        file: PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: "if (isDraining(target) || (wanted.has(target.address) && target.state !== 'unhealthy')) return [];",
      },
      { file: GUARD, find: 'return hasLetGo || wanted.has(address);', replace: 'return hasLetGo;' },
    ],
    caughtBy: ['S1', 'S2'],
  },
  {
    name: 'deregisters what drains',
    why: 'Once more cannot hurt.',
    patches: [
      {
        file: PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: 'if (wanted.has(target.address)) return [];',
      },
    ],
    caughtBy: ['S13'],
  },
  {
    name: 'registers what is registered',
    why: 'Registration is idempotent, so why look.',
    patches: [
      {
        file: PLAN,
        find: 'registration === undefined || registered.has(member.address)',
        replace: 'registration === undefined',
      },
      { file: CORE_SNAPSHOT, find: 'isServing(task) && !registered.has(address);', replace: 'isServing(task);' },
    ],
    caughtBy: ['S15'],
  },
  {
    name: 'fights other writers',
    why: 'We are right, so we write.',
    patches: [
      {
        file: GUARD,
        find: "return writtenMs !== undefined && nowMs - writtenMs < pauseMs ? 'contested' : undefined;",
        replace: 'return undefined;',
      },
    ],
    caughtBy: ['S19'],
  },
  {
    name: 'full for good',
    why: 'The quota said no, and it will say no again.',
    patches: [{ file: GUARD, find: ': 10_000;\n}', replace: ": why === 'quota' ? 9e15 : 10_000;\n}" }],
    caughtBy: ['L3'],
  },
  {
    name: 'one bad target spoils the chunk',
    why: 'AWS refused the call.',
    patches: [
      {
        file: WRITES,
        find: "else if ((failure.kind === 'quota' || failure.kind === 'refused') && chunk.length > 1) queue.unshift(...halves(chunk));\n    else if (failure.kind === 'refused')",
        replace: "else if (failure.kind === 'refused' || failure.kind === 'quota')",
      },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'events alone',
    why: 'EventBridge delivers at least once.',
    patches: [
      {
        file: SYNC,
        find: '      const { unfinished } = await visit(environment, request, journal);',
        replace: '      const unfinished = request.hints;',
      },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'a schedule that skips what it knows',
    why: 'Nothing was hinted at, so nothing has changed.',
    patches: [
      { file: VISIT, find: "  if (request.trigger === 'schedule' || request.trigger === 'check') return false;", replace: '' },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'never searches the stopped tasks',
    why: 'Memory knows who had the address.',
    patches: [
      {
        file: SNAPSHOT,
        find: '  if (!addresses.some((address) => isDue(searchedAtMs.get(address)))) return reading;',
        replace: '  if (addresses.length >= 0) return reading;',
      },
    ],
    caughtBy: ['L3'],
  },
  {
    name: 'never asks about tasks that left the list',
    why: 'A task that is not listed does not matter.',
    patches: [
      {
        file: CORE_SNAPSHOT,
        find: 'if (isLive(task) && isUnlisted(snapshot.feeds, task)) known',
        replace: 'if (isLive(task) && snapshot.feeds.length < 0) known',
      },
    ],
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'waits until the task is gone',
    why: 'A task that is still RUNNING can still answer.',
    patches: [
      {
        file: PLAN,
        find: "  if (phase === 'stopping') return 'task is stopping';",
        replace: "  if (phase === 'stopping' && task.last !== 'RUNNING') return 'task is stopping';",
      },
    ],
    caughtBy: ['L2'],
  },
  {
    name: 'leaves starts to the schedule',
    why: 'A minute is soon enough.',
    patches: [
      {
        file: EVENT,
        find: "  if (detail['lastStatus'] !== 'RUNNING' && detail['desiredStatus'] !== 'STOPPED') {",
        replace: "  if (detail['desiredStatus'] !== 'STOPPED') {",
      },
    ],
    caughtBy: ['L1'],
  },
  {
    name: 'reads its configuration at every pass',
    why: 'Then it is always fresh.',
    patches: [
      {
        file: ENVIRONMENT,
        find: '  if (isCurrent(configuration, clock.now())) return Promise.resolve(configuration);',
        replace: '',
      },
    ],
    caughtBy: ['S23'],
  },
  {
    name: 'retries without asking again',
    why: 'A registration was right a moment ago.',
    patches: [
      {
        file: CALLER,
        find: "return isDue() ? this.#send(name, resource, input) : 'not due';",
        replace: 'return this.#send(name, resource, input);',
      },
    ],
    caughtBy: ['S11', 'S1', 'S5'],
  },
];
