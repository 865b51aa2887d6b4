/**
 * The account's door on loopback: speaks AWS's wire protocols to real SDK clients, the AWS CLI and other people's handlers.
 * ECS and Cloud Map come in as JSON or CBOR, load balancing as an AWS query that is answered in XML.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ApiName, errorOf, type Service } from './api.ts';
import { ApiError } from './api-error.ts';
import type { Input } from './api-input.ts';
import { type Protocol, protocolOf } from './wire.ts';

export class HttpDoor {
  readonly #service: Service;
  readonly #server: Server;
  #waiting = 0;
  #requests = 0;
  /** Milliseconds of virtual time between a call's effect and its answer; 0 answers without time passing. */
  answerMs: () => number = () => 0;
  /** Told of every call that arrives, whatever becomes of it. */
  asked: (operation: ApiName, input: Input) => void = () => undefined;

  constructor(service: Service) {
    this.#service = service;
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch((error: unknown) => {
        // Nothing that a client sends may end the account; what it was is told to the client.
        response.writeHead(500).end(error instanceof Error ? error.message : 'unknown');
      });
    });
  }

  /** Requests that get their answer only when virtual time passes, or never. */
  get waiting(): number {
    return this.#waiting;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Opens the door on a free port of the loopback interface and returns its address. */
  async open(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
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
    if (!this.#service.knows(operation)) {
      this.#answer(response, protocol, new ApiError('UnknownOperationException', `${operation} is not simulated`, 400));
      return;
    }
    this.asked(operation, protocol.input);
    this.#carryOut(response, protocol, operation, protocol.input);
  }

  #carryOut(response: ServerResponse, protocol: Protocol, operation: ApiName, input: Input): void {
    const fault = this.#service.admit(operation);
    const refusal = fault === undefined ? undefined : errorOf(fault, operation);
    if (fault?.kind === 'hang') {
      this.#waitForEver(response);
      return;
    }
    const answer = refusal ?? this.#perform(operation, input);
    if (fault?.kind === 'answer lost') {
      this.#waitForEver(response);
      return;
    }
    const delayMs = this.answerMs();
    if (delayMs === 0) {
      this.#answer(response, protocol, answer);
      return;
    }
    this.#waiting += 1;
    this.#service.account.clock.after(delayMs, () => {
      this.#waiting -= 1;
      this.#answer(response, protocol, answer);
    });
  }

  #perform(operation: ApiName, input: Input): unknown {
    try {
      return this.#service.perform(operation, input);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  #waitForEver(response: ServerResponse): void {
    this.#waiting += 1;
    response.once('close', () => {
      this.#waiting -= 1;
    });
  }

  #answer(response: ServerResponse, protocol: Protocol, answer: unknown): void {
    const { status, headers, body } = answer instanceof ApiError ? protocol.writeError(answer) : protocol.write(answer);
    response.writeHead(status, { ...headers, 'x-amzn-requestid': `request-${this.#requests}` }).end(body);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
