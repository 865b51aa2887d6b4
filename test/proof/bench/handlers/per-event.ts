/**
 * A function for one service and one target group, as they are usually written: EventBridge invokes it for each event of a task, and it does
 * what the event says. Written for the bench; errors reach Lambda, which invokes twice more, and the SDK retries by its defaults.
 */
import {
  DeregisterTargetsCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { isObject, type JsonObject } from '../../../../functions/core/json.ts';

export async function handler(event: unknown): Promise<void> {
  const { SERVICE, TARGET_GROUP_ARN, PORT } = process.env;
  const detail = fieldOf(event, 'detail');
  const Id = addressOf(detail);
  if (detail['group'] !== `service:${SERVICE}` || Id === undefined) return;
  const input = { TargetGroupArn: TARGET_GROUP_ARN, Targets: [{ Id, Port: Number(PORT) }] };
  // Made anew for each event: in the bench, a thousand environments at once are one loaded file, and must not share fifty connections.
  const client = new ElasticLoadBalancingV2Client();
  try {
    if (detail['lastStatus'] === 'RUNNING' && detail['desiredStatus'] === 'RUNNING') {
      await client.send(new RegisterTargetsCommand(input));
    } else if (detail['lastStatus'] === 'STOPPED') {
      await client.send(new DeregisterTargetsCommand(input));
    }
  } finally {
    client.destroy();
  }
}

function addressOf({ attachments }: JsonObject): string | undefined {
  const details = list(attachments).flatMap((attachment) => list(attachment['details']));
  const value = details.find(({ name }) => name === 'privateIPv4Address')?.['value'];
  return typeof value === 'string' ? value : undefined;
}

function fieldOf(value: unknown, name: string): JsonObject {
  const field = isObject(value) ? value[name] : undefined;
  return isObject(field) ? field : {};
}

function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
