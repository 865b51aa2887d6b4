/** Wrong ways to take a target out. */
import { FILES, type Patch, type SeededBug } from './seeded-bug.ts';

/** What an event says of its task, carried along with the hint, as a task that nobody read. */
const CARRY_DETAIL: Patch = {
  file: FILES.EVENT,
  find: '      claim: claimOf(event, detail),',
  replace: `      claim: claimOf(event, detail),
      told: {
        arn: task.value, cluster: cluster.value, version: detail.version, desired: detail.desiredStatus, last: detail.lastStatus,
        group: detail.group, definition: definitionOf(detail.taskDefinitionArn), interface: 'ATTACHED',
        ipv4: /"privateIPv4Address","value":"([^"]*)"/.exec(JSON.stringify(detail.attachments ?? []))?.[1],
      },`,
};

export const WRONG_REMOVALS: readonly SeededBug[] = [
  {
    name: 'edge-triggered',
    why: 'The event says what happened, so it says what to do.',
    patches: [
      CARRY_DETAIL,
      {
        file: FILES.PASS,
        find: '  const planned = planChanges(snapshot);',
        replace: `  const planned = hints.flatMap(({ told }) => {
    const binding = snapshot.bindings[0];
    if (told?.ipv4 === undefined) return [];
    const descriptor = { id: told.ipv4, port: binding.port, zone: undefined };
    const because = { rule: 'task is stopping', task: told.arn, version: 1, last: '', desired: '', describedAtMs: clock.now(), binding: '' };
    const kind = told.desired === 'STOPPED' ? 'deregister' : 'register';
    return [{ kind, address: told.ipv4 + ':8080', descriptor, because, binding, draining: false, state: '' }];
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
        file: FILES.PASS,
        find: '  const planned = planChanges(snapshot);',
        replace: `  for (const { told } of hints) {
    const known = snapshot.tasks.get(told.arn);
    snapshot.tasks.set(told.arn, known === undefined ? told : { ...known, desired: told.desired, last: told.last });
    snapshot.describedAtMs.set(told.arn, clock.now());
  }
  const planned = planChanges(snapshot);`,
      },
    ],
    caughtBy: ['L2', 'S1', 'S2', 'S4', 'S5', 'S11', 'S24'],
  },
  {
    name: 'trusts absence',
    why: 'A target whose task is not in the list has no task.',
    patches: [
      {
        file: FILES.PLAN,
        find: '    return change === undefined ? [] : [change];',
        replace: `    if (change !== undefined) return [change];
    const [binding] = snapshot.bindings;
    const because = { rule: 'task is stopping', task: '', version: 1, last: '', desired: '', describedAtMs: Date.now() * 2, binding: '' };
    return [{ kind: 'deregister', address: target.address, descriptor: target.descriptor, because, binding }];`,
      },
    ],
    caughtBy: ['S2', 'S3'],
  },
  {
    name: 'reads tasks first',
    why: 'The order of two reads cannot matter.',
    patches: [
      {
        file: FILES.PASS,
        find: '  const targets = await reads.targets(bound);',
        replace: `  if (listing !== 'none') await Promise.all(bound.bindings.map(({ selector }) => reads.running(selector, startedAtMs)));
  const targets = await reads.targets(bound);`,
      },
      {
        file: FILES.SNAPSHOT,
        find: '    const readAtMs = clock.now();',
        replace: '    const readAtMs = this.#group.known.lastPassAtMs;',
      },
    ],
    caughtBy: ['S25'],
  },
  {
    name: 'no veto',
    why: 'The owner is proved stopped, so the target can go.',
    patches: [
      {
        file: FILES.PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: 'if (isDraining(target)) return [];',
      },
      { file: FILES.GUARD, find: 'return !isReleased && !wanted.has(address);', replace: 'return !isReleased;' },
      {
        file: FILES.CORE_SNAPSHOT,
        find: '  if (registered.has(address)) return !wanted.has(address);',
        replace: '  if (registered.has(address)) return true;',
      },
    ],
    caughtBy: ['S1'],
  },
  {
    name: 'veto by strangers',
    why: 'Something lives at the address, so the target is in use.',
    patches: [
      {
        file: FILES.PASS,
        find: '  const planned = planChanges(snapshot);',
        replace: `  const { cluster } = invocation.bound.bindings[0].selector;
  const others = (await invocation.reads.running({ kind: 'family', cluster, name: 'other' }, known.lastPassAtMs)).answer;
  const listed = new Set(others.ok ? others.value : []);
  await invocation.reads.describe([...listed].map((arn) => ({ arn, cluster })));
  const alive = [...invocation.cache.tasks.values()].filter(({ task }) => listed.has(task.arn) && task.desired === 'RUNNING');
  const theirs = new Set(alive.map(({ task }) => task.ipv4));
  const planned = planChanges(snapshot).filter(({ kind, descriptor }) => kind === 'register' || !theirs.has(descriptor.id));`,
      },
    ],
    act: 'a stranger at the address',
    caughtBy: ['L2', 'L3'],
  },
  {
    name: 'no plan age',
    why: 'What was true when it was planned is true when it is sent.',
    patches: [
      { file: FILES.GUARD, find: 'return nowMs - describedAtMs > PROOF_AGE_MAX_MS;', replace: 'return nowMs < describedAtMs;' },
    ],
    caughtBy: ['S11'],
  },
  {
    name: 'writes from the cache',
    why: 'What was read a minute ago need not be read again.',
    patches: [
      {
        file: FILES.PLAN,
        find: '    if (describedAtMs === undefined) return [];\n    return [{ binding, task, because: proofOf(rule, member, describedAtMs) }];',
        replace: '    return [{ binding, task, because: proofOf(rule, member, describedAtMs ?? 9e15) }];',
      },
      {
        file: FILES.CORE_SNAPSHOT,
        find: '  if (registered.has(address)) return !wanted.has(address);',
        replace: '  if (registered.has(address)) return false;',
      },
    ],
    caughtBy: ['S11'],
  },
  {
    name: 'blind retry',
    why: 'A deregistration that failed is sent again until it is taken.',
    patches: [
      {
        file: FILES.WRITES,
        find: "    const { changes: chunk, answer } = await sendPatiently(writer, { operation: 'DeregisterTargets', changes: next });",
        replace: `    let { changes: chunk, answer } = await sendPatiently(writer, { operation: 'DeregisterTargets', changes: next });
    for (let again = 0; again < 5 && answer !== 'not due' && !answer.ok; again += 1) {
      await writer.clock.sleep(1_000);
      const input = { group: writer.group.arn, targets: chunk.map((change) => change.descriptor) };
      answer = await writer.caller.write('DeregisterTargets', 'again', { input, isDue: () => true });
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
        file: FILES.PLAN,
        find: '  const { address, descriptor, state } = target;',
        replace: '  const { address, state } = target;\n  const descriptor = { id: target.descriptor.id };',
      },
    ],
    caughtBy: ['S12'],
  },
  {
    name: 'deregisters without the zone',
    why: 'The port is there, that will do.',
    patches: [
      {
        file: FILES.PLAN,
        find: '  const { address, descriptor, state } = target;',
        replace: '  const { address, state } = target;\n  const descriptor = { ...target.descriptor, zone: undefined };',
      },
    ],
    caughtBy: ['S12'],
  },
  {
    name: 'no confirmation',
    why: 'ECS says STOPPED, and STOPPED is final.',
    patches: [
      {
        file: FILES.GUARD,
        find: "holds: (change, input) => change.because.rule === 'task has stopped' && !isConfirmed(change, input),",
        replace: 'holds: () => false,',
      },
    ],
    caughtBy: ['S7'],
  },
  {
    name: 'a confirmation that looks at nothing',
    why: 'Five seconds have passed; that was the point.',
    patches: [
      {
        file: FILES.GUARD,
        find: '  return (listedAtMs ?? Number.NEGATIVE_INFINITY) - endKnownMs',
        replace: '  return nowMs - endKnownMs',
      },
      {
        file: FILES.READS,
        find: 'known !== undefined && known.beganAtMs >= notBeforeMs',
        replace: 'known !== undefined',
      },
    ],
    caughtBy: ['S7'],
  },
  {
    name: 'a confirmation after one second',
    why: 'Nobody waits five seconds.',
    patches: [
      {
        file: FILES.GUARD,
        find: 'export const CONFIRM_AFTER_MS = 5_000;',
        replace: 'export const CONFIRM_AFTER_MS = 1_000;',
      },
    ],
    caughtBy: ['S7'],
  },
  {
    name: 'deregisters what drains',
    why: 'Once more cannot hurt.',
    patches: [
      {
        file: FILES.PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: 'if (wanted.has(target.address)) return [];',
      },
    ],
    caughtBy: ['S13'],
  },
  {
    name: 'health decides',
    why: 'An unhealthy target serves nobody.',
    patches: [
      {
        file: FILES.PLAN,
        find: '    const change = deregistrationOf(snapshot, target, owners.get(target.address) ?? []);',
        replace: `    const [owner] = owners.get(target.address) ?? [];
    const because = owner && { rule: 'task is stopping', task: owner.task.arn, version: 1, last: '', desired: '', describedAtMs: 9e15, binding: '' };
    const sick = owner && target.state === 'unhealthy' && { kind: 'deregister', address: target.address, descriptor: target.descriptor, because, binding: owner.binding };
    const change = sick || deregistrationOf(snapshot, target, owners.get(target.address) ?? []);`,
      },
      {
        file: FILES.PLAN,
        find: 'if (isDraining(target) || wanted.has(target.address)) return [];',
        replace: "if (isDraining(target) || (wanted.has(target.address) && target.state !== 'unhealthy')) return [];",
      },
      { file: FILES.GUARD, find: 'return !isReleased && !wanted.has(address);', replace: 'return !isReleased;' },
    ],
    caughtBy: ['S1', 'S2'],
  },
  {
    name: 'removes although a read has failed',
    why: 'This task is proved stopped; the other list is about other tasks.',
    patches: [
      {
        file: FILES.GUARD,
        find: "change.kind === 'deregister' && lacksRead(change, unreadClusters)",
        replace: 'change.because === undefined && lacksRead(change, unreadClusters)',
      },
    ],
    act: 'one batch, half of it read',
    caughtBy: ['S8'],
  },
  {
    name: 'an error is an empty list',
    why: 'No answer, no tasks.',
    patches: [
      {
        file: FILES.SNAPSHOT,
        find: "  return { binding: { ...binding, list: 'failed', listed: new Set() }, failure: answer.problem };",
        replace: "  return { binding: { ...binding, list: 'read', listed: new Set() }, beganAtMs };",
      },
    ],
    act: 'an owner that nobody has seen',
    caughtBy: ['S8', 'S16'],
  },
  {
    name: 'waits until the task is gone',
    why: 'A task that is still RUNNING can still answer.',
    patches: [
      {
        file: FILES.PLAN,
        find: "  if (phase === 'stopping') return 'task is stopping';",
        replace: "  if (phase === 'stopping' && task.last !== 'RUNNING') return 'task is stopping';",
      },
    ],
    caughtBy: ['L2'],
  },
];
