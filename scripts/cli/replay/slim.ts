/**
 * Events without what nobody here looks at. A task event has 3,300 bytes and takes 10,000 in memory, of which the function and the
 * simulated ECS look at a tenth; and most of its words are those of the events before it.
 */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

/** What a detail tells that is looked at, lists apart. */
const TOLD = [
  'taskArn',
  'clusterArn',
  'taskDefinitionArn',
  'containerInstanceArn',
  'group',
  'lastStatus',
  'healthStatus',
  'desiredStatus',
  'startedBy',
  'availabilityZone',
  'version',
  'createdAt',
  'startedAt',
  'stoppingAt',
  'stoppedAt',
  'executionStoppedAt',
  'updatedAt',
] as const;
/** Where words are that hardly ever come twice. */
const UNIQUE: ReadonlySet<string> = new Set(['id', 'time', 'updatedAt']);

type ListName = 'attachments' | 'containers';

interface Kept {
  readonly text: string | undefined;
  readonly value: unknown;
}

/** The value, or the very one from before if it is the same. */
function kept(before: Kept | undefined, value: unknown): Kept {
  const text = JSON.stringify(value);
  return before !== undefined && before.text === text ? before : { text, value };
}

export class Slimmer {
  readonly #words = new Map<string, string>();
  /** What the event before told of the same task: most of its lists are the same in the next one. */
  readonly #lists = new Map<unknown, Readonly<Record<ListName, Kept>>>();

  /** The event; of one about a task, what is looked at. */
  event(event: JsonObject): JsonObject {
    const { detail } = event;
    const isOfTask = event['source'] === 'aws.ecs' && event['detail-type'] === 'ECS Task State Change';
    if (!isOfTask || !isObject(detail)) return event;
    const slim = this.task(detail);
    if (Object.keys(slim).length === 0) return event;
    const resources = Array.isArray(event['resources']) ? event['resources'].slice(0, 1) : event['resources'];
    return this.#object({ ...event, resources, detail: undefined }, { detail: slim });
  }

  task(task: JsonObject): JsonObject {
    const told = Object.fromEntries(TOLD.flatMap((name) => (name in task ? [[name, task[name]] as const] : [])));
    const before = this.#lists.get(task['taskArn']);
    const attachments = kept(
      before?.attachments,
      this.#list(task['attachments'], (each) => this.#attachment(each)),
    );
    const containers = kept(
      before?.containers,
      this.#list(task['containers'], (each) => this.#container(each)),
    );
    if (task['lastStatus'] === 'STOPPED') this.#lists.delete(task['taskArn']);
    else this.#lists.set(task['taskArn'], { attachments, containers });
    return this.#object(told, { attachments: attachments.value, containers: containers.value });
  }

  #attachment({ id, type, status, details }: JsonObject): JsonObject {
    // Of an interface, only its addresses are looked at.
    const addresses = Array.isArray(details)
      ? details.filter((each) => isObject(each) && /address$/i.test(String(each['name'])))
      : details;
    return this.#object({ id, type, status }, { details: this.#list(addresses, (each) => this.#object(each)) });
  }

  #container({ containerArn, name, lastStatus, networkInterfaces }: JsonObject): JsonObject {
    const interfaces = this.#list(networkInterfaces, ({ attachmentId, privateIpv4Address, ipv6Address }) =>
      this.#object({ attachmentId, privateIpv4Address, ipv6Address }),
    );
    return this.#object({ containerArn, name, lastStatus }, { networkInterfaces: interfaces });
  }

  #list(value: unknown, slim: (each: JsonObject) => JsonObject): unknown {
    return Array.isArray(value) ? value.map((each) => (isObject(each) ? slim(each) : each)) : value;
  }

  /** The fields that have a value, each word kept once. */
  #object(fields: JsonObject, more: JsonObject = {}): JsonObject {
    const slim: Record<string, unknown> = {};
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      slim[name] = typeof value === 'string' && !UNIQUE.has(name) ? this.#word(value) : value;
    }
    for (const name in more) if (more[name] !== undefined) slim[name] = more[name];
    return slim;
  }

  #word(word: string): string {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.#words.set(word, word);
    return word;
  }
}
