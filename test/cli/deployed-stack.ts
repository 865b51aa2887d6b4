/** A deployed stack as the command line meets it: what CloudFormation says of it, and what its function has logged. */
import { vi } from 'vitest';
import { Telemetry } from '../../functions/adapters/telemetry.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { type Deployment, variablesOf } from '../../scripts/simulator/deployment.ts';

export const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead';
export const HINT_QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/hints';

/** The output of `aws cloudformation describe-stacks`, as far as it is read. */
export function stackText({ settings }: Pick<Deployment, 'settings'>, outputs: Readonly<Record<string, string>> = {}): string {
  const variables = variablesOf(settings);
  const parameters = {
    ClusterArns: settings.clusters.join(','),
    TargetGroupArns: settings.targetGroups.join(','),
    CloudMapServiceArns: settings.cloudMapServices.join(','),
    Bindings: settings.binding,
    TagBindings: 'allowed',
    Mode: settings.mode,
    RemovalBudgetPercent: '75',
    LogRetentionDays: '30',
  };
  const told = { LogGroupName: LOG_GROUP, DeadLetterQueueUrl: QUEUE_URL, CheckCommand: 'aws lambda invoke', ...outputs };
  const stack = {
    StackId: variables['STACK_ARN'],
    StackName: 'alb-target-sync',
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Outputs: Object.entries(told).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  };
  return JSON.stringify({ Stacks: [stack] });
}

interface Run {
  readonly driftAgeMs?: number;
  readonly findings?: readonly Finding[];
  /** A problem beside the calls of a pass. */
  readonly failed?: string;
  readonly trigger?: 'schedule' | 'messages' | 'check';
  /** How long ago it ended. */
  readonly agoMs?: number;
}

/** Logs a run with the function's own telemetry: what `status` reads is held to what the function writes. */
export function logRun({ account: { logs }, clock }: Deployment, run: Run = {}): void {
  const { driftAgeMs = 0, findings = [], failed, trigger = 'schedule', agoMs = 0 } = run;
  const lines: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text).trimEnd()) > 0),
  );
  const telemetry = new Telemetry(() => clock.now());
  if (failed !== undefined) telemetry.fail(failed);
  const standing = trigger === 'messages' ? undefined : { findings, driftAgeMs };
  telemetry.ended({ trigger, tookMs: 812, groups: 1, reconciled: 1, inStep: 1, calls: new Map(), standing });
  telemetry.publish();
  for (const spy of spies) spy.mockRestore();
  logs.addGroup(LOG_GROUP);
  const atMs = clock.now() - agoMs;
  const group = logs.groups.get(LOG_GROUP) ?? [];
  for (const message of lines) {
    group.push({ id: String(group.length).padStart(56, '0'), stream: 'one', atMs, ingestedAtMs: atMs, message });
  }
}
