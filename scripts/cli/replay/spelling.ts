/** The names of fields as AWS's APIs spell them, whatever a client library, PowerShell or a database has made of them. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

const OF_EVENTS =
  'version id detail-type source account time region resources detail taskArn clusterArn taskDefinitionArn containerInstanceArn ' +
  'lastStatus desiredStatus group startedBy availabilityZone attachments type status details name value containers containerArn ' +
  'networkInterfaces attachmentId privateIpv4Address ipv6Address createdAt startedAt stoppingAt stoppedAt executionStoppedAt ' +
  'updatedAt tags key';
const OF_ANSWERS =
  'TargetHealthDescriptions Target Id Port AvailabilityZone TargetHealth State Reason Description HealthCheckPort Instances Attributes ' +
  'NextToken';

export type Spelling = ReadonlyMap<string, string>;

/** Events and tasks begin their names with a small letter, answers of ELB and Cloud Map with a large one. */
export const EVENT_SPELLING: Spelling = spellingOf(OF_EVENTS);
export const ANSWER_SPELLING: Spelling = spellingOf(OF_ANSWERS);

function spellingOf(names: string): Spelling {
  return new Map(names.split(' ').map((name) => [squashed(name), name]));
}

/** `TaskArn`, `task_arn` and `taskarn` are one name. */
function squashed(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

/** What the object has under the name, however it is spelled. */
export function valueIn(value: JsonObject, name: string): unknown {
  if (name in value) return value[name];
  const wanted = squashed(name);
  const key = Object.keys(value).find((each) => each.length <= 2 * name.length && squashed(each) === wanted);
  return key === undefined ? undefined : value[key];
}

/** The value with its names in that spelling; names that are data of somebody's own, those of attributes, stay as they are. */
export function respelled(value: unknown, spelling: Spelling): unknown {
  if (Array.isArray(value)) return value.map((each) => respelled(each, spelling));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const name = spelling.get(squashed(key)) ?? key;
      return [name, name === 'Attributes' ? each : respelled(each, spelling)];
    }),
  );
}
