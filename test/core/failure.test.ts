import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure, type FailureKind, isPassing } from '../../functions/core/failure.ts';

const FAILURES: readonly { readonly kind: FailureKind; readonly passing: boolean; readonly advice: string }[] = [
  {
    kind: 'throttled',
    passing: true,
    advice: 'AWS limits this call per account and region. It is tried again, at the latest by the schedule in a minute.',
  },
  { kind: 'unavailable', passing: true, advice: 'It is tried again, at the latest by the schedule in a minute.' },
  {
    kind: 'denied',
    passing: false,
    advice:
      "Check that the function's role still has its policy, that the stack's parameters or a tag cover this resource, and that no " +
      'service control policy or permissions boundary forbids the call. In another account, the role is that of infra/spoke.yaml.',
  },
  {
    kind: 'gone',
    passing: false,
    advice: 'Create it, or correct or remove the parameter, tag or line that names it.',
  },
  {
    kind: 'refused',
    passing: false,
    advice:
      'Nothing else is held up by it. Read the message. If it is about the zone, take zone= out of the line: what ELB asks for is then used.',
  },
  {
    kind: 'quota',
    passing: false,
    advice: 'Raise the quota "Targets per Target Group per Region", or bind fewer tasks to this group.',
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
