// HAProxy from Debian's package before a cluster, configured as Patroni's users configure it: one port leads to
// the member whose /primary answers 200, another to those whose /replica does.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import { freePort } from './addresses.ts';
import type { Member } from './member.ts';
import { StartedProcess } from './started-process.ts';
import { within } from './within.ts';
import type { Host } from './writer.ts';
import type { Ground } from './cluster.ts';

export interface HaProxy extends AsyncDisposable {
  readonly writes: Host;
  readonly reads: Host;
}

function section(name: string, at: Host, path: string, members: readonly Member[]): string {
  const servers = members.map(
    ({ name: server, place }) =>
      `    server ${server} ${place.host}:${place.postgresPort} check addr ${place.host} port ${place.restPort}\n`,
  );
  return [
    `listen ${name}\n`,
    `    bind ${at.host}:${at.port}\n`,
    `    option httpchk OPTIONS ${path}\n`,
    '    http-check expect status 200\n',
    '    default-server inter 500ms fastinter 200ms fall 2 rise 1 on-marked-down shutdown-sessions\n',
    ...servers,
  ].join('');
}

async function accepts(at: Host): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(at.port, at.host, resolve);
  socket.once('error', reject);
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}

/** Starts it and waits until it listens; it ends with the ground's directory at the latest. */
export async function withHaproxy(ground: Ground, members: readonly Member[]): Promise<HaProxy> {
  const { directory } = ground;
  const host = `${ground.network}.${ground.addresses.next().value}`;
  const writes = { host, port: await freePort(host) };
  const reads = { host, port: await freePort(host) };
  const file = join(directory.path, 'haproxy.cfg');
  const head = [
    'global\n    maxconn 200\n',
    'defaults\n    mode tcp\n    retries 2\n    timeout connect 2s\n    timeout client 1m\n',
    '    timeout server 1m\n    timeout check 2s\n',
  ];
  const sections = [
    section('writes', writes, '/primary', members),
    section('reads', reads, '/replica', members),
  ];
  await writeFile(file, [...head, ...sections].join(''), { mode: 0o644 });
  const started = await StartedProcess.start(directory, {
    file: '/usr/sbin/haproxy',
    args: ['-db', '-f', file],
    logFile: join(directory.path, 'haproxy.log'),
  });
  await within(10, 'HAProxy listens', async () => {
    assert.equal(started.ending, null, await started.log());
    await accepts(writes);
    await accepts(reads);
  });
  return {
    writes,
    reads,
    async [Symbol.asyncDispose]() {
      await started.kill();
    },
  };
}
