/** A server on loopback that keeps what SDK clients send it and answers as a test says. It knows nothing of AWS but its two envelopes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isObject, type JsonObject } from '../../functions/core/json.ts';

export interface Received {
  readonly operation: string;
  /** The JSON body, or the fields of the form without those that every query has. */
  readonly input: JsonObject;
  readonly isForm: boolean;
  readonly authorization: string;
}

export type Answer = (response: ServerResponse, received: Received) => void;

export class SdkServer {
  readonly received: Received[] = [];
  /** Responses whose connection ended before they did. */
  cutOff = 0;
  answer: Answer = errorAnswer('InternalFailure', 500);
  readonly #server: Server;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => this.#receive(request, response, Buffer.concat(pieces).toString('utf8')));
      response.on('close', () => {
        if (!response.writableFinished) this.cutOff += 1;
        this.#wake();
      });
    });
  }

  /** Opens a free port of the loopback interface and returns its address. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server is not open on a TCP port.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Waits until something that the server sees has made the claim true. */
  async until(claim: (server: SdkServer) => boolean): Promise<void> {
    while (!claim(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse, body: string): void {
    const received = read(request, body);
    this.received.push(received);
    this.answer(response, received);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function read(request: IncomingMessage, body: string): Received {
  const { 'x-amz-target': target, authorization = '' } = request.headers;
  if (typeof target === 'string') {
    const input: unknown = JSON.parse(body);
    return {
      operation: target.slice(target.indexOf('.') + 1),
      input: isObject(input) ? input : {},
      isForm: false,
      authorization,
    };
  }
  const { Action: operation = '', Version: _, ...input } = Object.fromEntries(new URLSearchParams(body));
  return { operation, input, isForm: true, authorization };
}

/** A good answer, in the envelope of whoever asks: a JSON text, or what stands in the element of the result. */
export function bodyAnswer(body: string): Answer {
  return (response, { operation, isForm }) => {
    const xml = `<${operation}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${operation}Result>${body}</${operation}Result><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></${operation}Response>`;
    write(response, 200, isForm, isForm ? xml : body);
  };
}

/** An error with its code as the service writes it. */
export function errorAnswer(code: string, status: number, message = 'told by the test'): Answer {
  return (response, { isForm }) => {
    const xml = `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>`;
    write(response, status, isForm, isForm ? xml : JSON.stringify({ __type: code, message }));
  };
}

/** An answer of somebody between us and AWS, in no envelope at all. */
export function rawAnswer(status: number, type: string, body: string): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

/** The connection ends before anything was answered. */
export const resetAnswer: Answer = (response) => {
  response.destroy();
};

/** The connection ends in the middle of an answer that had begun well. */
export function brokenAnswer(body: string): Answer {
  return (response, { isForm }) => {
    const headers = { 'content-type': isForm ? 'text/xml' : 'application/x-amz-json-1.1', 'content-length': body.length + 100 };
    response.writeHead(200, headers).write(`${body} `, () => response.destroy());
  };
}

export const noAnswer: Answer = () => undefined;

/** An answer that begins at once and goes on for ever, a blank at a time. */
export const drippingAnswer: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  const drip = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(drip));
};

function write(response: ServerResponse, status: number, isForm: boolean, body: string): void {
  response.writeHead(status, { 'content-type': isForm ? 'text/xml' : 'application/x-amz-json-1.1' }).end(body);
}
