/** AWS's wire protocols, as a server sees them: what was asked, and how an answer or an error is written. */
import type { IncomingMessage } from 'node:http';
import { cbor } from '@smithy/core/cbor';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { ApiError } from './api-error.ts';

interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface Protocol {
  /** As `ApiName` has it. */
  readonly operation: string;
  readonly input: JsonObject;
  write(output: unknown): WireAnswer;
  writeError(error: ApiError): WireAnswer;
}

/** Names that Cloud Map shares with ECS and CloudWatch Logs: alone, such a name is Cloud Map's. */
const NAMESAKES: ReadonlySet<string> = new Set(['ListServices', 'ListTagsForResource', 'TagResource', 'UntagResource']);

function operationOf(service: string, name: string): string {
  if (!NAMESAKES.has(name)) return name;
  if (service.startsWith('AmazonEC2ContainerService')) return `ecs.${name}`;
  return service.startsWith('Logs_') ? `logs.${name}` : name;
}

/** Finds out from the request which of the protocols it speaks. */
export function protocolOf(request: IncomingMessage, body: Buffer): Protocol | undefined {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return cborProtocol(request.url ?? '', body);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return jsonProtocol(target, body);
  const action = new URLSearchParams(body.toString('utf8'));
  return action.has('Action') ? queryProtocol(action) : undefined;
}

/** AWS JSON 1.1: the operation is the part of X-Amz-Target behind the dot; times are seconds. */
function jsonProtocol(target: string, body: Buffer): Protocol {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  return {
    operation: operationOf(target, target.slice(target.indexOf('.') + 1)),
    input: isObject(parsed) ? parsed : {},
    write: (output) => ({ status: 200, headers, body: JSON.stringify(withSeconds(output)) }),
    writeError: ({ name, message, status }) => ({
      status,
      headers: { ...headers, 'x-amzn-errortype': name },
      body: JSON.stringify({ __type: name, message }),
    }),
  };
}

/** Smithy RPC v2 CBOR: the path is `/service/NAME/operation/NAME`. */
function cborProtocol(url: string, body: Buffer): Protocol {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  const parsed: unknown = body.length === 0 ? {} : cbor.deserialize(body);
  const [, service = '', name = ''] = /\/service\/([^/]+)\/operation\/([^/?]+)/.exec(url) ?? [];
  return {
    operation: operationOf(service, name),
    input: isObject(parsed) ? parsed : {},
    write: (output) => ({ status: 200, headers, body: cbor.serialize(withSeconds(output)) }),
    writeError: ({ name, message, status }) => ({
      status,
      headers,
      body: cbor.serialize({ __type: `com.amazonaws#${name}`, message }),
    }),
  };
}

/** Services of the query protocol are told apart by the version of their API. */
const NAMESPACES: Readonly<Record<string, string>> = {
  '2015-12-01': 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  '2011-06-15': 'https://sts.amazonaws.com/doc/2011-06-15/',
};

/** AWS query: `Targets.member.1.Id=...` in, XML out. */
function queryProtocol(form: URLSearchParams): Protocol {
  const operation = form.get('Action') ?? '';
  const namespace = NAMESPACES[form.get('Version') ?? ''] ?? NAMESPACES['2015-12-01'];
  const headers = { 'content-type': 'text/xml' };
  const metadata = '<ResponseMetadata><RequestId>simulated</RequestId></ResponseMetadata>';
  return {
    operation,
    input: nest(form),
    write: (output) => ({
      status: 200,
      headers,
      body: `<${operation}Response xmlns="${namespace}"><${operation}Result>${xml(output)}</${operation}Result>${metadata}</${operation}Response>`,
    }),
    writeError: ({ name, message, status }) => ({
      status,
      headers,
      body: `<ErrorResponse xmlns="${namespace}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${escapeXml(name)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>simulated</RequestId></ErrorResponse>`,
    }),
  };
}

interface Node {
  readonly children: Map<string, Node>;
  text: string | undefined;
}

/** The tree that the dotted names of a form spell. */
function nest(form: URLSearchParams): JsonObject {
  const root: Node = { children: new Map(), text: undefined };
  for (const [name, value] of form) {
    let node = root;
    for (const part of name.split('.')) {
      const child: Node = node.children.get(part) ?? { children: new Map(), text: undefined };
      node.children.set(part, child);
      node = child;
    }
    node.text = value;
  }
  const value = read(root);
  return isObject(value) ? value : {};
}

/** The form has no types. These are its numbers; a marker or a tag's value of digits is none. */
const NUMBERS: ReadonlySet<string> = new Set(['DurationSeconds', 'PageSize', 'Port']);

/** `member.1`, `member.2`, ... are a list. */
function read({ children, text }: Node, called = ''): unknown {
  if (text !== undefined) return NUMBERS.has(called) && /^\d{1,9}$/.test(text) ? Number(text) : text;
  const members = children.get('member');
  if (members !== undefined) {
    return [...members.children].sort(([one], [other]) => Number(one) - Number(other)).map(([, child]) => read(child));
  }
  return Object.fromEntries([...children].map(([name, child]) => [name, read(child, name)]));
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${xml(item)}</member>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (!isObject(value)) return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => `<${name}>${xml(child)}</${name}>`)
    .join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Both JSON and CBOR carry times as seconds since 1970. */
function withSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1_000;
  if (Array.isArray(value)) return value.map(withSeconds);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([name, child]) => [name, withSeconds(child)]),
  );
}
