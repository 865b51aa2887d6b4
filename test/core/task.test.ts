import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DesiredStatus,
  definitionKey,
  ipOf,
  isLive,
  isServing,
  joinTask,
  type LastStatus,
  parseDesiredStatus,
  parseHealthStatus,
  parseInterfaceStatus,
  parseLastStatus,
  phaseOf,
  type Task,
} from '../../functions/core/task.ts';
import { anyReading, holds } from '../support/arbitraries.ts';
import { clusterArn, ip, runningTask } from '../support/values.ts';

const LAST = [
  ...(['UNKNOWN', 'PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'] as const),
  ...(['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED', 'DELETED'] as const),
];
const DESIRED = ['UNKNOWN', 'PENDING', 'RUNNING', 'STOPPED'] as const;
const HEALTH = ['UNKNOWN', 'UNHEALTHY', 'HEALTHY'] as const;
const INTERFACE = [
  ...(['NONE', 'PRECREATED', 'CREATED', 'ATTACHING', 'ATTACHED'] as const),
  ...(['DETACHING', 'DETACHED', 'DELETED', 'FAILED'] as const),
];

/** What a later reading may leave out. */
const KEPT = [
  ...(['group', 'startedBy', 'definition', 'ipv4', 'ipv6', 'zone'] as const),
  ...(['startedAtMs', 'stoppingAtMs', 'stoppedAtMs'] as const),
];

function task(words: Partial<Task>): Task {
  return runningTask('t1', '10.0.0.1', words);
}

describe('a status that ECS documents', () => {
  it.each(LAST)('is read as lastStatus %s', (status) => {
    expect(parseLastStatus(status)).toBe(status);
  });

  it.each(DESIRED)('is read as desiredStatus %s', (status) => {
    expect(parseDesiredStatus(status)).toBe(status);
  });

  it.each(INTERFACE)('is read as interface status %s', (status) => {
    expect(parseInterfaceStatus(status)).toBe(status);
  });
});

describe('the health of a task', () => {
  it.each(HEALTH)('is read as %s', (status) => {
    expect(parseHealthStatus(status)).toBe(status);
  });

  it('stays, once it was healthy, and an unknown one says least', () => {
    const joined = (one: Task['health'], other: Task['health']) =>
      joinTask(task({ health: one }), task({ health: other, version: 9 })).health;
    for (const other of HEALTH) expect(joined('HEALTHY', other)).toBe('HEALTHY');
    expect([joined('UNKNOWN', 'UNHEALTHY'), joined('UNHEALTHY', 'UNKNOWN'), joined('UNKNOWN', 'UNKNOWN')]).toEqual([
      'UNHEALTHY',
      'UNHEALTHY',
      'UNKNOWN',
    ]);
  });
});

describe('the key of a definition', () => {
  it('tells the definitions of two accounts and regions apart, and those of two revisions, and not of two clusters', () => {
    const key = definitionKey(task({}));
    expect(definitionKey(task({ last: 'PENDING' }))).toBe(key);
    expect(definitionKey(task({ definition: 'app:8' }))).not.toBe(key);
    expect(definitionKey(task({ cluster: clusterArn('staging') }))).toBe(key);
    expect(definitionKey(task({ cluster: clusterArn('prod', { account: '444455556666' }) }))).not.toBe(key);
    expect(definitionKey(task({ cluster: clusterArn('prod', { region: 'us-east-1' }) }))).not.toBe(key);
  });
});

describe('a status that nobody knows', () => {
  it.each(['running', '', 'HIBERNATING', undefined, null, 4, ['RUNNING']])(
    'such as %j is unknown, and no interface',
    (status) => {
      expect(parseLastStatus(status)).toBe('UNKNOWN');
      expect(parseDesiredStatus(status)).toBe('UNKNOWN');
      expect(parseInterfaceStatus(status)).toBe('NONE');
      expect(parseHealthStatus(status)).toBe('UNKNOWN');
    },
  );
});

describe('the phase of a task', () => {
  it('is serving only where it is ordered to run and runs', () => {
    const serving = pairs().filter(({ desired, last }) => phaseOf(task({ desired, last })) === 'serving');
    expect(serving).toEqual([{ desired: 'RUNNING', last: 'RUNNING' }]);
  });

  it.each(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPING'] as const)(
    'is stopping while it is ordered to stop and still holds its interface, at %s',
    (last) => {
      expect(phaseOf(task({ desired: 'STOPPED', last }))).toBe('stopping');
    },
  );

  it.each(['DEPROVISIONING', 'STOPPED', 'DELETED', 'UNKNOWN'] as const)(
    'is released where the interface may be gone, at %s',
    (last) => {
      expect(phaseOf(task({ desired: 'STOPPED', last }))).toBe('released');
    },
  );

  it('is pending in every other case: without the order to stop, no lastStatus proves anything', () => {
    const others = pairs().filter(({ desired }) => desired !== 'STOPPED');
    const pending = others.filter(({ desired, last }) => desired !== 'RUNNING' || last !== 'RUNNING');
    expect(pending).toHaveLength(29);
    expect(pending.map((pair) => phaseOf(task(pair)))).toEqual(pending.map(() => 'pending'));
  });
});

describe('a task', () => {
  it.each(DESIRED)('is live unless it is ordered to stop: %s', (desired) => {
    expect(LAST.map((last) => isLive(task({ desired, last })))).toEqual(LAST.map(() => desired !== 'STOPPED'));
  });

  it.each(INTERFACE)('serves only with an attached interface: %s', (status) => {
    expect(isServing(task({ interface: status }))).toBe(status === 'ATTACHED');
  });

  it('does not serve before it runs or after it is ordered to stop, interface or not', () => {
    expect(isServing(task({ last: 'ACTIVATING' }))).toBe(false);
    expect(isServing(task({ desired: 'STOPPED' }))).toBe(false);
    expect(isServing(task({ desired: 'UNKNOWN' }))).toBe(false);
  });

  it('has one address per family', () => {
    const dual = task({ ipv6: ip('2001:db8::1') });
    expect(ipOf(dual, 'ipv4')).toBe('10.0.0.1');
    expect(ipOf(dual, 'ipv6')).toBe('2001:db8::1');
    expect(ipOf(task({}), 'ipv6')).toBeUndefined();
  });
});

describe('two readings of one task', () => {
  it('join into the same, whichever came first', () => {
    holds(
      fc.property(anyReading, anyReading, (one, other) => {
        expect(joinTask(one, other)).toEqual(joinTask(other, one));
      }),
    );
  });

  it('join into the same, however they are grouped', () => {
    holds(
      fc.property(anyReading, anyReading, anyReading, (one, two, three) => {
        expect(joinTask(joinTask(one, two), three)).toEqual(joinTask(one, joinTask(two, three)));
      }),
    );
  });

  it('join into the reading itself where they are the same', () => {
    holds(
      fc.property(anyReading, (one) => {
        expect(joinTask(one, one)).toEqual(one);
      }),
    );
  });

  it('never bring a stopped task back to life', () => {
    holds(
      fc.property(anyReading, anyReading, (one, other) => {
        const isStopped = one.desired === 'STOPPED' || other.desired === 'STOPPED';
        expect(isLive(joinTask(one, other))).toBe(!isStopped);
      }),
    );
  });

  it('advance in every field, and never go back', () => {
    holds(
      fc.property(anyReading, anyReading, (one, other) => {
        const joined = joinTask(one, other);
        expect(LAST.indexOf(joined.last)).toBe(Math.max(LAST.indexOf(one.last), LAST.indexOf(other.last)));
        expect(DESIRED.indexOf(joined.desired)).toBe(Math.max(DESIRED.indexOf(one.desired), DESIRED.indexOf(other.desired)));
        expect(INTERFACE.indexOf(joined.interface)).toBe(
          Math.max(INTERFACE.indexOf(one.interface), INTERFACE.indexOf(other.interface)),
        );
        expect(HEALTH.indexOf(joined.health)).toBe(Math.max(HEALTH.indexOf(one.health), HEALTH.indexOf(other.health)));
        expect(joined.version).toBe(Math.max(one.version, other.version));
      }),
    );
  });

  it('never lose what one of them knew', () => {
    holds(
      fc.property(anyReading, anyReading, (one, other) => {
        const joined = joinTask(one, other);
        for (const field of KEPT) {
          const known = [one[field], other[field]].filter((value) => value !== undefined && value !== '');
          if (known.length === 0) expect([undefined, '']).toContain(joined[field]);
          else expect(known).toContain(joined[field]);
        }
        expect([joined.arn, joined.cluster]).toEqual([one.arn, one.cluster]);
      }),
    );
  });
});

describe('an old answer', () => {
  it('that still says RUNNING does not undo a newer one', () => {
    const { isHeld: _, ...stopped } = runningTask('t1', '10.0.0.1', {
      version: 8,
      desired: 'STOPPED',
      last: 'STOPPED',
      interface: 'DELETED',
      stoppedAtMs: 7,
    });
    const old = task({ version: 3, ipv4: undefined, startedAtMs: undefined, group: '', definition: '' });
    expect(joinTask(old, stopped)).toEqual(stopped);
    expect(joinTask(stopped, old)).toEqual(stopped);
  });

  it('of another address, which ECS never gives, counts alike in both orders', () => {
    const one = task({ ipv4: ip('10.0.0.1'), startedAtMs: 1 });
    const other = task({ ipv4: ip('10.0.0.2'), startedAtMs: 2 });
    expect(joinTask(one, other)).toMatchObject({ ipv4: '10.0.0.2', startedAtMs: 2 });
    expect(joinTask(other, one)).toMatchObject({ ipv4: '10.0.0.2', startedAtMs: 2 });
  });
});

function pairs(): { readonly desired: DesiredStatus; readonly last: LastStatus }[] {
  return DESIRED.flatMap((desired) => LAST.map((last) => ({ desired, last })));
}
