/** Wrong algorithms that a reviewer thought of who had not written the oracle. */
import { bug, FILES, type SeededBug } from './seeded-bug.ts';

export const REVIEWED: readonly SeededBug[] = [
  bug('only a listed task vetoes', 'What ECS lists is what runs.', ['LIVE'], 'succeeded by a task of its service', {
    file: FILES.CORE_SNAPSHOT,
    find: 'return !binding.drain && isLive(task) && !isHeld;',
    replace: 'return !binding.drain && isLive(task) && !isHeld && binding.listed.has(task.arn);',
  }),
  bug(
    'an address is ours at every port',
    'The task is ours, so is its address.',
    ['S27'],
    'namesakes',
    {
      file: FILES.PLAN,
      find: 'Map.groupBy(members, (member) => member.address)',
      replace: 'Map.groupBy(members, (member) => member.ip)',
    },
    { file: FILES.PLAN, find: 'owners.get(target.address) ?? []', replace: 'owners.get(target.descriptor.id) ?? []' },
  ),
  bug('a family takes the tasks of services', 'A family is a family, whoever started the task.', ['S27'], 'namesakes', {
    file: FILES.BINDING,
    find: "!task.group.startsWith('service:') && task.definition",
    replace: 'task.definition',
  }),
  bug(
    'clusters are not compared',
    "A service's name says which service it is.",
    ['S27'],
    'namesakes',
    {
      file: FILES.BINDING,
      find: `  if (task.cluster !== selector.cluster) return false;
`,
      replace: '',
    },
    {
      file: FILES.EVENT,
      find: `  if (hint.cluster !== selector.cluster) return false;
`,
      replace: '',
    },
  ),
  bug(
    'the zone of a line is forgotten',
    'ELB finds out the zone itself.',
    ['S29'],
    'namesakes',
    {
      file: FILES.ZONE,
      find: `  if (zone !== undefined && zone !== 'task') return zone;
`,
      replace: '',
    },
    { file: FILES.ZONE, find: 'zone ?? zoneForms?.get(', replace: "(zone === 'none' ? 'none' : undefined) ?? zoneForms?.get(" },
  ),
  bug('the interface need not be attached', 'It runs and has an address.', ['S28'], 'namesakes', {
    file: FILES.TASK,
    find: "return phaseOf(task) === 'serving' && task.interface === 'ATTACHED';",
    replace: "return phaseOf(task) === 'serving';",
  }),
  bug(
    'no last question',
    'The guard has let it through.',
    ['S5'],
    'a write that waits',
    {
      file: FILES.GUARD,
      find: "if (kind === 'register') return task === undefined || (isServing(task) && !held?.has(because.task));",
      replace: "if (kind === 'register') return true;",
    },
    { file: FILES.GUARD, find: 'return !isReleased && !wanted.has(address);', replace: 'return isReleased || !isReleased;' },
  ),
  bug('removals are never contested', 'A dead target has to go, whoever puts it back.', ['S19'], 'a rival', {
    file: FILES.GUARD,
    find: `    holds: (change, { nowMs, scheduled, writtenAtMs }) =>
`,
    replace: `    holds: (change, { nowMs, scheduled, writtenAtMs }) =>
      change.kind === 'register' &&
`,
  }),
  bug('no limiter', 'AWS throttles by itself.', ['S26'], 'a crowd', {
    file: FILES.CALLER,
    find: 'if (waitMs > 0) await this.#clock.sleep(waitMs);',
    replace: '',
  }),
  bug('a confirmation per address', 'The address has waited its five seconds.', ['S7'], 'an owner that nobody has seen', {
    file: FILES.GROUP_CACHE,
    find: 'ended.map(changeKey).map((key) => [key, this.provedAtMs.get(key) ?? nowMs])',
    replace:
      "ended.map(changeKey).map((key) => [key, [...this.provedAtMs].find(([old]) => old.split(' ')[1] === key.split(' ')[1])?.[1] ?? nowMs])",
  }),
  bug('a list that is gone has failed', 'ECS gave no list.', ['L3'], 'a service that is gone', {
    file: FILES.SNAPSHOT,
    find: `  if (answer.problem.kind === 'gone') return { binding: { ...binding, list: 'gone', listed: new Set() }, beganAtMs };
`,
    replace: '',
  }),
  bug(
    'a draining target is left alone',
    'It is in the group; when it has drained, it is registered.',
    ['L3'],
    'an address that drains',
    {
      file: FILES.PLAN,
      find: '!registered.has(address)',
      replace: '!registered.has(address) && !present.has(address)',
    },
  ),
  bug('no interval between passes', 'Sooner is better.', ['S36'], 'removed before', {
    file: FILES.RECONCILE,
    find: `    if (waitMs > 0) await clock.sleep(waitMs);
`,
    replace: '',
  }),
  bug('released meanwhile, still stopping', 'It was stopping when it was planned.', ['S7'], 'a write that waits', {
    file: FILES.GUARD,
    find: 'return !isReleased && !wanted.has(address);',
    replace: 'return !wanted.has(address);',
  }),
  bug('the schedule leaves orders to stop to the events', 'Stops have events of their own.', ['L3'], 'a task that lingers', {
    file: FILES.GUARD,
    find: `    holds: ({ because, sinceMs }, { hinted, nowMs, eventAgeMs }) =>
`,
    replace: `    holds: ({ because, sinceMs }, { hinted, nowMs, eventAgeMs, scheduled }) =>
      (scheduled && because.rule === 'task is stopping') ||
`,
  }),
];
