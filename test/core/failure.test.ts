import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure, type FailureKind, isPassing } from '../../functions/core/failure.ts';

const FAILURES: readonly { readonly kind: FailureKind; readonly passing: boolean; readonly advice: string }[] = [
  {
    kind: 'throttled',
    passing: true,
    advice: 'AWS limits this call per account and region; it is tried again, at the latest by the schedule in a minute.',
  },
  { kind: 'unavailable', passing: true, advice: 'It is tried again, at the latest by the schedule in a minute.' },
  {
    kind: 'denied',
    passing: false,
    advice:
      "Check that the stack's parameters name this resource, that the function's role still has its policy, and that no " +
      'service control policy forbids the call.',
  },
  {
    kind: 'gone',
    passing: false,
    advice: 'Correct the stack parameter, tag or line of binding that names it, or remove that line.',
  },
  {
    kind: 'refused',
    passing: false,
    advice:
      'Nothing else is held up by it. Read the message: an address outside the VPC of the group needs zone=all in its line.',
  },
  {
    kind: 'quota',
    passing: false,
    advice: 'Raise the quota "Targets per target group", or wire fewer tasks to this group.',
  },
  { kind: 'out-of-time', passing: true, advice: 'The invocation was about to end; the next one goes on.' },
  {
    kind: 'unexpected',
    passing: true,
    advice: 'The answer is not one that AWS documents for this call; please report it with this message.',
  },
];

function failureOf(kind: FailureKind): Failure {
  return { kind, operation: 'RegisterTargets', resource: '10.0.0.1:80 in web', message: 'SomeException: no' };
}

describe.each(FAILURES)('a failure of kind $kind', ({ kind, passing, advice }) => {
  it(
    passing ? 'may pass: its messages go back to the queue' : 'does not pass by waiting: its messages are acknowledged',
    () => {
      expect(isPassing(failureOf(kind))).toBe(passing);
    },
  );

  it('is explained with what was attempted, on what, what came back and what to do', () => {
    expect(explainFailure(failureOf(kind))).toBe(`RegisterTargets on 10.0.0.1:80 in web failed (SomeException: no). ${advice}`);
  });
});
