/**
 * The door to the simulated load balancing, with the host's IAM before it: each call is shown to the host as it came, signed by
 * the function's role, and only what the role's policy allows goes on to the account. So the policy that was deployed decides.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class Gate {
  readonly #server: Server;
  readonly #hostPort: number;
  readonly #account: string;
  /** The operations that the policy has let through, and those that it has refused. */
  readonly allowed: string[] = [];
  readonly denied: string[] = [];
  /** What the host has said besides: an answer that tells neither. */
  readonly unclear: string[] = [];

  constructor(hostPort: number, account: string) {
    this.#hostPort = hostPort;
    this.#account = account;
    this.#server = createServer((asked, response) => {
      this.#pass(asked, response).catch((error: unknown) => {
        this.unclear.push(String(error));
        response.writeHead(500).end(String(error));
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The gate is not open on a TCP port.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of asked) pieces.push(Buffer.from(piece));
    const body = Buffer.concat(pieces);
    const operation = new URLSearchParams(body.toString('utf8')).get('Action') ?? 'unknown';
    const judged = await send(`http://127.0.0.1:${this.#hostPort}`, asked, body);
    if (this.#isAllowed(operation, judged)) write(response, await send(this.#account, asked, body));
    else write(response, judged);
  }

  /** The host has no such target group: where its policy allows the call, that is what it says. */
  #isAllowed(operation: string, { status, body }: Answer): boolean {
    const text = body.toString('utf8');
    const isAllowed = status === 200 || /<Code>(TargetGroupNotFound|LoadBalancerNotFound)<\/Code>/.test(text);
    if (isAllowed) this.allowed.push(operation);
    else if (/<Code>AccessDenied/.test(text)) this.denied.push(operation);
    else this.unclear.push(`${operation}: ${status} ${text}`);
    return isAllowed;
  }
}

/** The same call to another server. The header `host` stays as it was, because it is part of what was signed. */
function send(to: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(to, { method, path: url, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, ...kept } = headers;
  response.writeHead(status, kept).end(body);
}
