/** Which addresses a program and its children listen on, as Linux tells in /proc. */
import { existsSync, readlinkSync } from 'node:fs';
import { familyOf, numbersIn, readIfThere } from './family.ts';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'];
const LISTENING = '0A';
const LOOPBACK = /^(0100007F|00000000000000000000000001000000)$/;

/**
 * The ports on which the process and those it has started listen. Throws where one of them can be reached from outside this
 * machine. Undefined where there is no /proc to read.
 */
export function listeningPorts(pid: number): readonly number[] | undefined {
  if (!existsSync('/proc/net/tcp')) return undefined;
  const inodes = new Set(familyOf(pid).flatMap(socketsOf));
  const open = TABLES.flatMap((table) => linesOf(table)).filter(({ inode }) => inodes.has(inode));
  const reachable = open.filter(({ address }) => !LOOPBACK.test(address));
  if (reachable.length > 0) {
    const ports = reachable.map(({ port }) => port).join(', ');
    throw new Error(
      `Process ${pid} listens on another address than that of loopback, port ${ports}: it can be reached from outside.`,
    );
  }
  return open.map(({ port }) => port).sort((one, other) => one - other);
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return numbersIn(folder).flatMap((file) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${file}`))?.[1] ?? [];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}

/** Sockets that wait for somebody: those of TCP that listen, and those of UDP that are not connected. */
function linesOf(table: string) {
  const lines = readIfThere(`/proc/net/${table}`).trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const isWaiting = table.startsWith('tcp') ? state === LISTENING : /^0+:0000$/.test(remote);
    const [address = '', port = ''] = local.split(':');
    return isWaiting ? [{ address, port: Number.parseInt(port, 16), inode }] : [];
  });
}
