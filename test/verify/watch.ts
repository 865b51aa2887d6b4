/** A door in front of an endpoint that counts the calls which pass, so that nobody has to be believed who says that they only read. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { protocolOf } from '../../scripts/simulator/wire.ts';

export interface Watch {
  readonly endpoint: string;
  /** Calls by operation, those that cannot be told under `unknown`. */
  readonly calls: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function watch(endpoint: string): Promise<Watch> {
  const calls = new Map<string, number>();
  const server = createServer((incoming, response) => {
    pass(incoming, response, endpoint, calls).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The watch is not on a TCP port.');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  endpoint: string,
  calls: Map<string, number>,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(Buffer.from(piece));
  const body = Buffer.concat(pieces);
  const operation = protocolOf(incoming, body)?.operation ?? 'unknown';
  calls.set(operation, (calls.get(operation) ?? 0) + 1);
  const { method, url, headers } = incoming;
  const onward = request(`${endpoint}${url ?? '/'}`, { method, headers });
  onward.on('error', (error) => response.destroy(error));
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.end(body);
}
