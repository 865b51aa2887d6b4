/** Reads that failed, in words for somebody at a terminal: there is no schedule that tries again, and no stack to correct. */
import type { ClientOptions } from '../../functions/adapters/aws.ts';
import type { Failure, FailureKind } from '../../functions/core/failure.ts';
import { callerOf } from './account.ts';
import type { AnsweredFailure } from './answer.ts';
import { BAD_ENVIRONMENT, SERVICE_ERROR, UNKNOWN } from './exit.ts';
import { table, terminalWidth, wrap } from './layout.ts';
import { shortIds } from './report/ids.ts';

/** What lies with the caller before AWS is asked at all. */
type Local = 'no credentials' | 'no region';

export function answeredFailures(failures: readonly Failure[], options: ClientOptions): AnsweredFailure[] {
  // The fields that docs/reference.md freezes, and not whatever the function notes beside them.
  const told = failures.map((failure): AnsweredFailure => {
    const { kind, operation, resource, message } = failure;
    return { kind, operation, resource, message, advice: adviceOn(failure, options) };
  });
  return [...new Map(told.map((each) => [JSON.stringify(each), each])).values()];
}

/** The exit code of failures: the caller's own environment is told apart from AWS, and files from both. */
export function exitCodeOfFailures(failures: readonly AnsweredFailure[]): number | undefined {
  const ofAccount = failures.filter(({ kind }) => kind !== 'file');
  if (failures.length > ofAccount.length) return UNKNOWN;
  if (ofAccount.length === 0) return undefined;
  return ofAccount.every((failure) => localCause(failure) !== undefined) ? BAD_ENVIRONMENT : SERVICE_ERROR;
}

/** The failures for standard error: each cause once with what it kept from being read, and what to do. */
export function explainFailures(failures: readonly AnsweredFailure[]): string {
  const width = terminalWidth();
  const causes = Map.groupBy(failures, ({ kind, advice }) => `${kind} ${advice}`);
  return [...causes.values()].map((members) => explainCause(members, width)).join('\n\n');
}

function explainCause(members: readonly AnsweredFailure[], width: number): string {
  const messages = Map.groupBy(members, ({ message }) => message);
  const rows = [...messages].flatMap(([message, alike]) =>
    alike.map(({ operation, resource }, place) => [operation, shortIds(resource), place === 0 ? message : 'the same']),
  );
  const advice = members[0]?.advice ?? '';
  return `Could not be read\n${table({ rows }, width)}\n${wrap(advice, width).join('\n')}`;
}

function adviceOn(failure: Failure, options: ClientOptions): string {
  const local = localCause(failure);
  return local === undefined ? ADVICE[failure.kind](callerOf(options), options) : LOCAL_ADVICE[local](callerOf(options));
}

function localCause({ message }: { readonly message: string }): Local | undefined {
  if (/^(CredentialsProviderError|TokenProviderError)/.test(message)) return 'no credentials';
  return /Region is missing/.test(message) ? 'no region' : undefined;
}

const LOCAL_ADVICE: Readonly<Record<Local, (caller: string) => string>> = {
  'no credentials': (caller) =>
    `There are no AWS credentials (${caller}). Sign in with aws sso login, or name a profile with --profile: aws configure ` +
    'list-profiles shows those that you have, and aws sts get-caller-identity tells whether one works.',
  'no region': (caller) => `No region is set (${caller}). Give --region, such as --region eu-west-1.`,
};

const ADVICE: Readonly<Record<FailureKind, (caller: string, options: ClientOptions) => string>> = {
  throttled: () =>
    'AWS limits these calls per account and region, and others make them too. Run the command again in a minute.',
  unavailable: (caller, { endpoint }) =>
    endpoint === undefined
      ? `AWS did not answer (${caller}). Check the network, VPN or proxy, and whether the region exists; then run the command again.`
      : `Nothing useful answers at ${endpoint}. Check --endpoint-url; then run the command again.`,
  denied: (caller) =>
    `These credentials (${caller}) may not make the calls, or they have expired. aws sts get-caller-identity shows whose they are; ` +
    'aws sso login renews them. docs/policy.md has the reads that are needed.',
  gone: (caller) => `It does not exist where it was looked for (${caller}). Check the ARN or name, --region and --profile.`,
  refused: (caller) => `AWS does not take the request (${caller}). Check that the ARN is of this account and region.`,
  quota: () => 'A quota of the account is reached.',
  'out-of-time': () => 'Reading took longer than two minutes. Name fewer target groups with --target-group.',
  unexpected: () => 'AWS does not document this answer. Please report it with this message.',
};
