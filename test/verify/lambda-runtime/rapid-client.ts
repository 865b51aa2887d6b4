/**
 * Stands in for the part of AWS's runtime client that is written in C++: the calls to Lambda's Runtime API. Compiling it would
 * take minutes, cmake and a compiler; everything else of the client (loading the handler, console, errors) is AWS's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';

interface Invocation {
  readonly bodyJson: string;
  readonly headers: IncomingMessage['headers'];
}

const API = `http://${process.env['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation`;
const agent = new Agent({ keepAlive: true });
let answered: Promise<unknown> = Promise.resolve();

/** The next invocation. The one in C++ blocks until an answer has been taken; this one waits here instead. */
export async function next(): Promise<Invocation> {
  await answered;
  const { headers, body } = await call('GET', 'next');
  return { bodyJson: body, headers };
}

export function done(id: string, body: string): void {
  answered = call('POST', `${id}/response`, { 'Content-Type': 'application/json' }, body);
}

export function error(id: string, body: string, xray: string): void {
  const headers = { 'Content-Type': 'application/json', 'Lambda-Runtime-Function-XRay-Error-Cause': xray };
  answered = call('POST', `${id}/error`, headers, body);
}

function call(
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body = '',
): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const sent = request(`${API}/${path}`, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const pieces: string[] = [];
      response.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
      response.once('end', () => resolve({ headers: response.headers, body: pieces.join('') }));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
