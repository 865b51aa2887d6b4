/** What `npm run verify` runs its tools and servers with. */
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { familyOf } from '../../scripts/tools/emulators/family.ts';
import { listeningPorts } from '../../scripts/tools/emulators/listening.ts';
import { runProgram } from '../../scripts/tools/emulators/program.ts';
import { freePort, startServer } from '../../scripts/tools/emulators/server.ts';
import { waitUntil } from '../../scripts/tools/emulators/wait.ts';
import { skipUnless } from '../support/skip.ts';
import { Gate } from '../verify/deployment/gate.ts';

const PATIENCE_MS = 30_000;
/** Of a server that does not listen to SIGTERM. */
const SIGTERM_PATIENCE_MS = 1_000;
const options = { folder: '.', env: process.env, timeoutMs: PATIENCE_MS };
const HAS_PROC = process.platform === 'linux';

describe('a program', () => {
  it('answers with what it wrote to its standard output', async () => {
    await expect(runNode(`console.log('answer'); console.error('noise');`)).resolves.toBe('answer\n');
  });

  it('that fails tells all that it wrote', async () => {
    const failing = runNode(`console.log('one'); console.error('two'); process.exitCode = 3;`);
    await expect(failing).rejects.toThrow(/ended with code 3:\n(one\ntwo|two\none)\n$/);
  });

  it('that does not end is ended', async () => {
    const endless = runProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { ...options, timeoutMs: 200 });
    await expect(endless).rejects.toThrow('was ended after 0.2 s');
  });

  it('that is not there is named', async () => {
    await expect(runProgram('no-such-program', [], options)).rejects.toThrow('no-such-program cannot be run');
  });
});

describe('a server', () => {
  it('is ended together with what it has started', async (context) => {
    skipUnless(HAS_PROC, context, 'no /proc to look for processes in');
    const child = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])`;
    const server = startNode(`${child}; process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`);
    await waitUntil('the child is there', PATIENCE_MS, () => familyOf(server.pid).length === 2);
    const [, childPid = 0] = familyOf(server.pid);
    await server.end();
    expect(server.isRunning()).toBe(false);
    await waitUntil('the child is gone', PATIENCE_MS, () => !isAlive(childPid));
  }, 60_000);

  it('takes with it a child that would stay', async (context) => {
    skipUnless(HAS_PROC, context, 'no /proc to look for processes in');
    const stays = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`;
    const options = `{ stdio: 'inherit' }`;
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stays)}], ${options})`;
    const server = startNode(`${child}; setInterval(() => {}, 1000);`);
    await waitUntil('the child is there', PATIENCE_MS, () => server.log() === 'ready\n');
    const [, childPid = 0] = familyOf(server.pid);
    await server.end();
    await waitUntil('the child is gone', PATIENCE_MS, () => !isAlive(childPid));
  });

  it('that has ended by itself is not waited for', async () => {
    const server = startNode(`console.log('said')`);
    await waitUntil('it has ended', PATIENCE_MS, () => !server.isRunning());
    await server.end();
    expect(server.log()).toBe('said\n');
  });

  it('is told to listen on loopback only', async (context) => {
    skipUnless(HAS_PROC, context, 'no /proc to look for sockets in');
    const ports = [await freePort(), await freePort()];
    // 127.0.0.2 is another address, and yet nobody outside reaches this test.
    const [good, bad] = ['127.0.0.1', '127.0.0.2'].map((host, index) =>
      startNode(`require('node:net').createServer().listen(${ports[index]}, '${host}', () => console.log('ready'))`),
    );
    await waitUntil('both listen', PATIENCE_MS, () => good?.log() === 'ready\n' && bad?.log() === 'ready\n');
    expect(listeningPorts(good?.pid ?? 0)).toEqual([ports[0]]);
    expect(() => listeningPorts(bad?.pid ?? 0)).toThrow(`another address than that of loopback, port ${ports[1]}`);
    await Promise.all([good?.end(), bad?.end()]);
  });
});

describe('waiting', () => {
  it('ends when it holds, and tells what it waited for when it never does', async () => {
    let looks = 0;
    const held = await waitUntil('three looks', PATIENCE_MS, () => ++looks === 3);
    expect(looks).toBe(3);
    expect(held).toBeGreaterThan(0);
    await waitUntil('six looks', PATIENCE_MS, () => Promise.resolve(++looks === 6));
    expect(looks).toBe(6);
    await expect(waitUntil('the moon', 50, () => false)).rejects.toThrow('Waited 0.05 s in vain: the moon.');
  });
});

describe('the gate before the load balancing', () => {
  let answer = { status: 200, body: '' };
  const seen: unknown[] = [];
  const servers: Server[] = [];
  let gate: Gate | undefined;
  let endpoint = '';

  beforeEach(async () => {
    const host = await serve((headers) => {
      seen.push(headers['authorization'], headers['host']);
      return answer;
    });
    const account = await serve(() => ({ status: 200, body: 'from the account' }));
    gate = new Gate(Number(new URL(host).port), account);
    endpoint = await gate.open();
  });
  afterEach(async () => {
    await gate?.close();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    seen.length = 0;
  });

  it('lets through what the policy allows, signed as it was', async () => {
    for (const body of ['', '<Code>TargetGroupNotFound</Code>']) {
      answer = { status: body === '' ? 200 : 400, body };
      expect(await call()).toEqual({ status: 200, text: 'from the account' });
    }
    expect(gate).toMatchObject({ allowed: ['RegisterTargets', 'RegisterTargets'], denied: [], unclear: [] });
    expect(seen.slice(0, 2)).toEqual(['signature', new URL(endpoint).host]);
  });

  it('hands back what the policy refuses', async () => {
    answer = { status: 403, body: '<Code>AccessDenied</Code>' };
    expect(await call()).toEqual({ status: 403, text: answer.body });
    expect(gate).toMatchObject({ allowed: [], denied: ['RegisterTargets'], unclear: [] });
  });

  it('takes neither for granted when the host says something else', async () => {
    answer = { status: 403, body: '<Code>SignatureDoesNotMatch</Code>' };
    expect((await call()).status).toBe(403);
    expect(gate?.unclear).toEqual(['RegisterTargets: 403 <Code>SignatureDoesNotMatch</Code>']);
    expect(gate).toMatchObject({ allowed: [], denied: [] });
  });

  async function call() {
    const headers = { authorization: 'signature' };
    const response = await fetch(endpoint, { method: 'POST', body: 'Action=RegisterTargets&Version=2015-12-01', headers });
    return { status: response.status, text: await response.text() };
  }

  function serve(reply: (headers: Readonly<Record<string, unknown>>) => { readonly status: number; readonly body: string }) {
    const server = createServer((request, response) => {
      const { status, body } = reply(request.headers);
      response.writeHead(status, { connection: 'close' }).end(body);
    });
    servers.push(server);
    return new Promise<string>((resolve, reject) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('not a TCP port'));
        else resolve(`http://127.0.0.1:${address.port}`);
      });
    });
  }
});

function runNode(code: string): Promise<string> {
  return runProgram(process.execPath, ['-e', code], options);
}

function startNode(code: string) {
  return startServer(process.execPath, ['-e', code], '.', process.env, SIGTERM_PATIENCE_MS);
}

/** A process that has ended and was not yet collected is still listed, as a zombie. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
