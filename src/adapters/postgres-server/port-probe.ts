// Tries whether the server could listen where it is told to. PostgreSQL itself goes on with a warning when
// one of several addresses is taken, and then serves half of its clients.

import { errorCode } from '#adapters/files/error-code.ts';
import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';

/** The address itself where it can be had, else the code of the error. */
async function tryToListen(host: string, port: number): Promise<string | null> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<string | null>();
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
    server.close(() => resolve(null));
  });
  return promise;
}

/** Inodes of the sockets that listen on this port, as the kernel lists them. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .filter((fields) => fields[3] === '0A' && (fields[1] ?? '').endsWith(`:${wanted}`))
    .map((fields) => fields[9] ?? '');
}

/** What is in a directory or file of /proc; null where the process is gone or not ours to look at. */
async function look<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading;
  } catch (error) {
    const code = errorCode(error);
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL'].includes(code)) return null;
    throw error;
  }
}

async function holds(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  for (const descriptor of (await look(readdir(directory))) ?? []) {
    const target = await look(readlink(`${directory}/${descriptor}`));
    if (target !== null && sockets.has(target)) return true;
  }
  return false;
}

/** The process that listens on the port, for a message; empty where /proc does not tell. */
async function listenerOf(port: number): Promise<string> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) => look(readFile(path, 'utf8'))),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table ?? '', port));
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return '';
  for (const pid of (await look(readdir('/proc'))) ?? []) {
    if (/^\d+$/u.test(pid) && (await holds(pid, sockets))) {
      const name = (await look(readFile(`/proc/${pid}/comm`, 'utf8'))) ?? '';
      return `, used by process ${pid} (${name.trim()})`;
    }
  }
  return '';
}

async function addressesOf(entry: string): Promise<readonly string[]> {
  if (entry === '*') return ['0.0.0.0', '::'];
  if (entry === '0.0.0.0' || entry === '::') return [entry];
  try {
    return (await lookup(entry, { all: true })).map((found) => found.address);
  } catch {
    // Whatever the reason, the entry can't be listened on as it stands; trying it says so.
    return [entry];
  }
}

function portTaken(address: string, port: number, holder: string): Problem {
  return problem(
    'PORT_IN_USE',
    `Cannot listen on ${address} port ${port}: it is in use already${holder}`,
    'Stop that program, or give PostgreSQL another port with the option port',
  );
}

/**
 * What keeps a server from listening on all of `listenAddresses` (as in postgresql.conf), or null. With
 * `isHeldByUs` the port being in use is no obstacle: it is our own server, about to be restarted.
 */
export async function portProblem(
  listenAddresses: string,
  port: number,
  isHeldByUs: boolean,
): Promise<Problem | null> {
  const entries = listenAddresses.split(',').map((entry) => entry.trim());
  for (const entry of entries.filter((text) => text !== '')) {
    for (const address of await addressesOf(entry)) {
      const code = await tryToListen(address, port);
      if (code === 'EADDRINUSE') {
        if (isHeldByUs) continue;
        return portTaken(address, port, await listenerOf(port));
      }
      // A machine without IPv6 is no reason not to listen everywhere else; and what we may not do for lack
      // of rights says nothing about the server, whose own words are clear.
      if (code === null || code === 'EACCES' || entry === '*') continue;
      return problem(
        'ADDRESS_NOT_AVAILABLE',
        `Cannot listen on ${address} port ${port}: this machine does not have that address (${code})`,
        'Give an address of this machine, or * for all of them',
      );
    }
  }
  return null;
}
