/** Wrong algorithms that come to mind when one reads docs/architecture.md alone, rule by rule. */
import { bug, FILES, type SeededBug } from './seeded-bug.ts';

export const MISREAD: readonly SeededBug[] = [
  bug(
    'a missing task has stopped',
    'ECS itself answers MISSING, so the task is gone.',
    ['LIVE', 'S28'],
    'reads that go back further',
    {
      file: FILES.READS,
      find: `    if (answer.ok) return this.#learnAll(answer.value, settledAtMs);
    // A cluster`,
      replace: `    if (answer.ok) {
      const given = new Set(answer.value.map(({ arn }) => arn));
      const gone = input.tasks.flatMap((arn) => {
        const known = this.#cache.tasks.get(arn)?.task;
        return known === undefined || given.has(arn) ? [] : [{ ...known, desired: 'STOPPED', last: 'STOPPED', isHeld: false }];
      });
      return this.#learnAll([...answer.value, ...gone], settledAtMs);
    }
    // A cluster`,
    },
  ),
  bug('a draining line empties the group', 'The group is to be emptied.', ['L3', 'LIVE'], 'a line that drains', {
    file: FILES.CORE_SNAPSHOT,
    find: '  for (const binding of snapshot.bindings) {',
    replace: `  const drains = snapshot.bindings.some(({ drain }) => drain);
  for (const binding of snapshot.bindings.map((each) => (drains && !each.drain ? { ...each, drain: true } : each))) {`,
  }),
  bug('a hold is for good', 'Facts only move forward, a hold among them.', ['L3'], 'holds', {
    file: FILES.CACHE,
    find: 'stoppedAtMs, isHeld: task.isHeld });',
    replace: 'stoppedAtMs, isHeld: task.isHeld || known?.isHeld === true });',
  }),
  bug('a group name that begins alike', 'The group of the task begins with the name of the service.', ['S27'], 'namesakes', {
    file: FILES.BINDING,
    find: `? task.group === \`service:\${selector.name}\``,
    replace: `? task.group.startsWith(\`service:\${selector.name}\`)`,
  }),
  bug(
    'a veto of its own line only',
    'The line that lost the task is the one to confirm it.',
    ['LIVE'],
    'succeeded by a task of another line',
    {
      file: FILES.PLAN,
      find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
      replace: 'if (isDraining(target)) return [];',
    },
    {
      file: FILES.PLAN,
      find: `    if (rule === undefined) return [];
`,
      replace: `    const isOwn = (other) => other.binding === binding && !binding.drain && other.task.desired !== 'STOPPED' && !other.isHeld;
    if (rule === undefined || owners.some(isOwn)) return [];
`,
    },
    {
      file: FILES.GUARD,
      find: '    return !isReleased && !wanted.has(address);',
      replace: `    const own = wantedAddresses(membersOf({ group, bindings: [binding], tasks, held, definitions }));
    return !isReleased && !own.has(address);`,
    },
    {
      file: FILES.GUARD,
      find: '  return changes.every(({ kind, address, because }) => {',
      replace: '  return changes.every(({ kind, address, because, binding }) => {',
    },
    {
      file: FILES.CORE_SNAPSHOT,
      find: '  if (registered.has(address)) return !wanted.has(address);',
      replace: '  if (registered.has(address)) return !wanted.has(address) || !isLive(task);',
    },
  ),
  bug('a veto of running tasks only', 'Only a task that runs owns its address.', ['S1'], undefined, {
    file: FILES.CORE_SNAPSHOT,
    find: 'return !binding.drain && isLive(task) && !isHeld;',
    replace: 'return !binding.drain && isServing(task) && !isHeld;',
  }),
  bug(
    'only its own removal counts',
    "What was removed for another task is no removal of this one's target.",
    ['S31'],
    'unrecorded, by a new environment',
    {
      file: FILES.OWNERSHIP,
      find: "of === task ? 'let go' : ownership === 'ours' ? 'unknown' : ownership;",
      replace: "of === task ? 'let go' : ownership;",
    },
  ),
  bug(
    'removed twice',
    "It was ours once; that we have removed it does not make it somebody else's.",
    ['LIVE', 'S31'],
    'removed before',
    {
      file: FILES.OWNERSHIP,
      find: "ownership = of === task ? 'let go' : ownership === 'ours' ? 'unknown' : ownership;",
      replace: "ownership = 'ours';",
    },
    {
      file: FILES.OWNERSHIP,
      find: "  return ownership === 'ours' && (absentAtMs ?? Number.NEGATIVE_INFINITY) > heldMs ? 'let go' : ownership;",
      replace: '  return ownership;',
    },
  ),
  bug(
    'no record, no matter',
    'The list has confirmed it; the log is only a second opinion.',
    ['S31'],
    'unrecorded, and the record unreadable',
    {
      file: FILES.RECORD,
      find: '  if (!entries.ok) return { ownership: new Map(), isShared, failures: [entries.problem] };',
      replace:
        "  if (!entries.ok) return { ownership: new Map(late.map((each) => [changeKey(each), 'ours'])), isShared, failures: [entries.problem] };",
    },
  ),
  bug('never asks the record', 'The task was ours, so is the target.', ['S31'], 'unrecorded, and the record unreadable', {
    file: FILES.GUARD,
    find: "holds: (change, { nowMs, ownership }) => isLate(change, nowMs) && ownership.get(changeKey(change)) !== 'ours',",
    replace: 'holds: () => false,',
  }),
  bug(
    'writes the record afterwards',
    'A log says what was done.',
    ['S30'],
    'a task that lingers',
    {
      file: FILES.WRITES,
      find: `    if (due && operation === 'RegisterTargets') record('register', changes);
`,
      replace: '',
    },
    {
      file: FILES.WRITES,
      find: "  if (answer.ok && operation === 'DeregisterTargets') record('deregister', changes);",
      replace: "  if (answer.ok) record(operation === 'RegisterTargets' ? 'register' : 'deregister', changes);",
    },
  ),
  bug(
    'shared groups are none of its business',
    'The record says that the target was ours.',
    ['LIVE'],
    'inherited beside a neighbor',
    {
      file: FILES.GUARD,
      find: 'holds: (change, { nowMs, isShared }) => isShared && isLate(change, nowMs),',
      replace: 'holds: () => false,',
    },
  ),
  bug(
    'what is unexplained can be looked at later',
    'The removal is proved, whatever else is in the group.',
    ['LIVE'],
    'inherited as another neighbor comes',
    {
      file: FILES.GUARD,
      find: 'holds: (change, { nowMs, hasUnsearched }) => hasUnsearched && isLate(change, nowMs),',
      replace: 'holds: () => false,',
    },
  ),
  bug(
    'what has left the group says nothing of it',
    'Who writes to the group is seen by its targets.',
    ['LIVE'],
    'inherited after a neighbor has gone',
    { file: FILES.PASS, find: '  known.noteUnexplained(unexplained, clock.now());\n', replace: '' },
  ),
  bug(
    'a service that ECS attaches shows by its targets',
    'A group without a stranger is our own.',
    ['LIVE'],
    'inherited by a service that ECS attaches',
    {
      file: FILES.STRANGERS,
      find: 'isShared: record.isShared || this.#hasNativeNeighbor()',
      replace: 'isShared: record.isShared',
    },
  ),
  bug('throttled calls do not slow the pace', 'The next try waits anyway.', ['S37'], 'a throttled crowd', {
    file: FILES.LIMITER,
    find: '  const tokens = Math.min(0, levelOf(bucket, nowMs));',
    replace: '  if (nowMs > 0) return bucket;\n  const tokens = 0;',
  }),
  bug('one zone form for all addresses', 'Where one task runs, the others do.', ['S38'], 'two VPCs by turns', {
    file: FILES.ZONE,
    find: "  if (!ip.includes(':')) return ip.slice(0, ip.lastIndexOf('.'));",
    replace: "  if (!ip.includes(':')) return '';",
  }),
  bug('health says nothing of a leftover', 'Health never decides.', ['LIVE'], 'inherited by the first neighbor', {
    file: FILES.GUARD,
    find: "if (!isLate(change, nowMs) || change.state !== 'healthy') return false;",
    replace: "if (!isLate(change, nowMs) || change.state !== 'never') return false;",
  }),
  bug('a target that is still checked is a leftover', 'Health never decides.', ['LIVE'], 'inherited a moment ago', {
    file: FILES.GUARD,
    find: "holds: (change, { nowMs }) => isLate(change, nowMs) && change.state === 'initial',",
    replace: 'holds: () => false,',
  }),
  bug(
    'forgets that a target was new',
    'Once its checks have failed, nothing answers there.',
    ['LIVE'],
    'inherited a moment ago by one that fails its checks',
    {
      file: FILES.RECORD,
      find: 'return !isOurs && nowMs - endedAtMs > unhealthyAfterMs;',
      replace: 'return isOurs && nowMs - endedAtMs < 0;',
    },
  ),
  bug(
    'nobody says that a target has gone',
    'Who removes one writes it down.',
    ['LIVE'],
    'taken, and inherited by one that fails its checks',
    { file: FILES.PASS, find: '  record.noteGone(registered);\n', replace: '' },
  ),
  bug('what answers again is ours', 'Its checks need their time to fail.', ['LIVE'], 'answered again by another', {
    file: FILES.GUARD,
    find: ' || (failingAtMs.get(address) ?? endedAtMs) > endedAtMs;',
    replace: ' || (failingAtMs.get(address) ?? endedAtMs) < 0;',
  }),
  bug('does not wait for health', 'A task that runs can be registered.', ['S28'], 'careful lines', {
    file: FILES.CORE_SNAPSHOT,
    find: "!isHeld && (!binding.ready || task.health === 'HEALTHY')",
    replace: '!isHeld',
  }),
  bug('one port of a line', 'A task has one port.', ['L3'], 'namesakes', {
    file: FILES.BINDING,
    find: 'return ok(ports.value.map((port)',
    replace: 'return ok(ports.value.slice(0, 1).map((port)',
  }),
  bug('register-only is a suggestion', 'The proof is perfect, why not write.', ['S18'], 'careful lines', {
    file: FILES.GUARD,
    find: "holds: ({ kind, binding }) => kind === 'deregister' && !binding.removes",
    replace: 'holds: () => false',
  }),
  bug('holds are not looked at', 'Tags are for people.', ['L3'], 'holds', {
    file: FILES.CORE_SNAPSHOT,
    find: 'const isHeld = snapshot.held?.has(task.arn) === true;',
    replace: 'const isHeld = snapshot.held === undefined;',
  }),
  bug('the last serving target may be held', 'The tag says so.', ['S33'], 'holds', {
    file: FILES.GUARD,
    find: "because.rule === 'task is on hold' && !servesOtherwise",
    replace: "because.rule === 'task is on hold' && because.task === undefined && !servesOtherwise",
  }),
  bug('drains without a second word', 'The line says drain.', ['S28', 'LIVE'], 'holds', {
    file: FILES.GUARD,
    find: "because.rule === 'binding drains' && binding.lacksConfirmation",
    replace: "because.rule === 'binding drains' && because.task === undefined && binding.lacksConfirmation",
  }),
  bug('a pause is for people', 'The proof is perfect, why not write.', ['S34'], 'a pause', {
    file: FILES.GUARD,
    find: 'holds: (_, { isPaused }) => isPaused',
    replace: 'holds: () => false',
  }),
  bug('a budget per pass', 'Three quarters may leave, in each pass.', ['S35'], 'a crowd', {
    file: FILES.GROUP_CACHE,
    find: 'old === undefined || nowMs - old.sinceMs >= BUDGET_MS',
    replace: 'old === undefined || nowMs >= old.sinceMs',
  }),
  bug('a zone of a task is all zones', 'Cross-zone load balancing ignores the zone.', ['S29'], 'namesakes', {
    file: FILES.ZONE,
    find: "  if (form === 'task') return taskZone;",
    replace: "  if (form === 'task') return 'all';",
  }),
  bug('buckets of its own for each invocation', 'An invocation begins with a full bucket.', ['S26'], 'a crowd', {
    file: FILES.INVOCATION,
    find: 'buckets: cache.buckets',
    replace: 'buckets: new Map()',
  }),
  bug(
    'answers its rival at every event',
    'The pause keeps the passes of one invocation from answering each other.',
    ['S19'],
    undefined,
    {
      file: FILES.PASS,
      find: '    writtenAtMs: known.writtenAtMs,',
      replace: '    writtenAtMs: new Map([...known.writtenAtMs].filter(([, atMs]) => atMs >= invocation.beganAtMs)),',
    },
  ),
  bug(
    'the newest version wins',
    'The newer of two descriptions is the true one, by its version as text.',
    ['L3'],
    'reads that go back',
    {
      file: FILES.TASK,
      find: `  return {
    arn: one.arn,`,
      replace: `  if (one.version !== other.version) return String(one.version) > String(other.version) ? one : other;
  return {
    arn: one.arn,`,
    },
  ),
];
