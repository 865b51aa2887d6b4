/**
 * The account's door on loopback: speaks AWS's wire protocols to real SDK clients, the AWS CLI and other people's handlers.
 * Load balancing and STS come in as an AWS query that is answered in XML, everything else as JSON or CBOR.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ApiName, errorOf, type Service } from './api.ts';
import { ApiError } from './api-error.ts';
import type { Input } from './api-input.ts';
import type { Home } from './home.ts';
import { type Protocol, protocolOf } from './wire.ts';

/** What a request's signature says: whose key, and for which region. The signature itself is not checked. */
export interface Signature {
  readonly accessKeyId: string | undefined;
  readonly region: string | undefined;
}

/** Connections that may wait to be accepted: a thousand environments may call at one moment. */
const BACKLOG = 4_096;

export class HttpDoor {
  readonly #serviceOf: (signature: Signature) => Service | undefined;
  readonly #server: Server;
  readonly #waiting = new Set<{ readonly operation: ApiName }>();
  readonly #gathered: { readonly order: string; readonly carryOut: () => void }[] = [];
  #requests = 0;
  /** Milliseconds of virtual time between a call's effect and its answer; 0 answers without time passing. */
  answerMs: () => number = () => 0;
  /**
   * Whether calls wait for `release`. Those of one moment of virtual time arrive in the order in which the machine gets to them, and where
   * not all of them find a token, that decides which do.
   */
  isGathering = false;
  /** Told of every call that arrives, and where, whatever becomes of it. */
  asked: (operation: ApiName, input: Input, home: Home) => void = () => undefined;

  /** One account, or whichever of several the signature leads to. */
  constructor(service: Service | ((signature: Signature) => Service | undefined)) {
    this.#serviceOf = typeof service === 'function' ? service : () => service;
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch((error: unknown) => {
        // Nothing that a client sends may end the account; what it was is told to the client.
        response.writeHead(500).end(error instanceof Error ? error.message : 'unknown');
      });
    });
    // Virtual time stands still for as long as the machine wants: a connection that ends of age would be an error for the SDK to retry.
    this.#server.keepAliveTimeout = 0;
  }

  /** Requests that get their answer only when virtual time passes, or never. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls that wait for `release`. */
  get gathered(): number {
    return this.#gathered.length;
  }

  /** Carries out what has been gathered, in an order that does not depend on the machine. */
  release(): void {
    const calls = this.#gathered.splice(0).sort((one, other) => (one.order < other.order ? -1 : 1));
    for (const { carryOut } of calls) carryOut();
  }

  /** Whether a call of the operation is one of them. */
  isWaiting(operation: ApiName): boolean {
    return [...this.#waiting].some((call) => call.operation === operation);
  }

  get requests(): number {
    return this.#requests;
  }

  /** Opens the door on a free port of the loopback interface and returns its address. */
  async open(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The door is not open on a TCP port.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const protocol = protocolOf(request, body);
    if (protocol === undefined) {
      response.writeHead(400).end('This door speaks AWS JSON 1.1, Smithy RPC v2 CBOR and the AWS query protocol.');
      return;
    }
    this.#requests += 1;
    const { operation } = protocol;
    const signature = signatureOf(request);
    const service = this.#serviceOf(signature);
    if (service === undefined) {
      const message = 'The security token included in the request is invalid.';
      this.#answer(response, protocol, new ApiError('UnrecognizedClientException', message));
      return;
    }
    if (!service.knows(operation)) {
      this.#answer(response, protocol, new ApiError('UnknownOperationException', `${operation} is not simulated`, 400));
      return;
    }
    this.asked(operation, protocol.input, service.account.home);
    const call = { service, operation, input: protocol.input, accessKeyId: signature.accessKeyId };
    const carryOut = (): void => this.#carryOut(response, protocol, call);
    if (this.isGathering) this.#gathered.push({ order: JSON.stringify([operation, protocol.input]), carryOut });
    else carryOut();
  }

  #carryOut(response: ServerResponse, protocol: Protocol, call: Call): void {
    const { service, operation } = call;
    const fault = service.admit(operation);
    const refusal = fault === undefined ? undefined : errorOf(fault, operation);
    if (fault?.kind === 'hang') {
      this.#waitForEver(response, call);
      return;
    }
    const answer = refusal ?? perform(call);
    if (fault?.kind === 'answer lost') {
      this.#waitForEver(response, call);
      return;
    }
    const delayMs = this.answerMs();
    if (delayMs === 0) {
      this.#answer(response, protocol, answer);
      return;
    }
    this.#waiting.add(call);
    service.account.clock.after(delayMs, () => {
      this.#waiting.delete(call);
      this.#answer(response, protocol, answer);
    });
  }

  #waitForEver(response: ServerResponse, call: Call): void {
    this.#waiting.add(call);
    response.once('close', () => this.#waiting.delete(call));
  }

  #answer(response: ServerResponse, protocol: Protocol, answer: unknown): void {
    const { status, headers, body } = answer instanceof ApiError ? protocol.writeError(answer) : protocol.write(answer);
    response.writeHead(status, { ...headers, 'x-amzn-requestid': `request-${this.#requests}` }).end(body);
  }
}

interface Call {
  readonly service: Service;
  readonly operation: ApiName;
  readonly input: Input;
  readonly accessKeyId: string | undefined;
}

function perform({ service, operation, input, accessKeyId }: Call): unknown {
  try {
    return service.perform(operation, input, accessKeyId);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** `Credential=KEY/date/region/service/aws4_request` (Signature Version 4). */
function signatureOf({ headers: { authorization = '' } }: IncomingMessage): Signature {
  const [, accessKeyId, region] = /Credential=([^/,\s]+)\/\d+\/([^/]+)\//.exec(authorization) ?? [];
  return { accessKeyId, region };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
