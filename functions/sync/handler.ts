/** The Lambda function: what lives as long as its environment, and the door. */
import type { Context } from 'aws-lambda';
import { createAwsApi, systemClock } from '../adapters/aws.ts';
import { EventBus } from '../adapters/event-bus.ts';
import { readSettings } from '../adapters/settings.ts';
import { Telemetry } from '../adapters/telemetry.ts';
import { createEnvironment, type Environment, saltOf } from '../app/invocation.ts';
import { type SyncAnswer, sync } from './sync.ts';

/** Kept free at the end of an invocation for the answer and the log. */
const RESERVE_MS = 1_500;

const read = readSettings(process.env);
const bus = process.env['EVENT_BUS_NAME'] ? new EventBus(process.env['EVENT_BUS_NAME'], systemClock.now) : undefined;
const telemetry = new Telemetry(systemClock.now, bus);
const salt = saltOf(process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '');
let environment: Environment | undefined;

export async function handler(
  input: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis' | 'awsRequestId'>,
): Promise<SyncAnswer> {
  // Thrown here, not at import: Lambda retries a failed init and logs the reason only once.
  if (!read.ok) throw new Error(read.problem);
  environment ??= createEnvironment({ settings: read.value, api: createAwsApi(read.value), clock: systemClock }, salt);
  const deadlineMs = systemClock.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  telemetry.begin(context);
  try {
    return await sync(environment, telemetry, { input, deadlineMs });
  } finally {
    const problem = await bus?.flush();
    if (problem !== undefined) telemetry.fail(problem);
    telemetry.publish();
  }
}
