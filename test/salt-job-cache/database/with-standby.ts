// A stand-by of a test server, and what a fault test does to servers: stop, start, promote.

import { appendFile, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { freeAddress, temporaryDirectory } from '../../adapters/pg/with-postgres.ts';

type Machine = Pick<TestServer, 'binDirectory' | 'dataDirectory' | 'identity'>;

async function run(machine: Machine, file: string, args: readonly string[]): Promise<void> {
  const result = await runProgram({
    file: join(machine.binDirectory, file),
    args,
    as: machine.identity,
    timeoutMs: 60_000,
  });
  if (result.exitCode !== 0) throw new Error(`${file}: ${result.stderr || result.failure}`);
}

export async function stopServer(machine: Machine, mode = 'fast'): Promise<void> {
  await run(machine, 'pg_ctl', ['-D', machine.dataDirectory, 'stop', '-m', mode, '-w']);
}

export async function startServer(machine: Machine): Promise<void> {
  const log = join(machine.dataDirectory, 'log-of-test');
  await run(machine, 'pg_ctl', ['-D', machine.dataDirectory, '-w', '-l', log, 'start']);
}

export async function promote(machine: Machine): Promise<void> {
  await run(machine, 'pg_ctl', ['-D', machine.dataDirectory, '-w', 'promote']);
}

export interface Standby extends AsyncDisposable, Machine {
  readonly host: string;
  readonly port: number;
}

/** Copies the server and starts the copy as its stand-by. */
export async function withStandby(primary: TestServer): Promise<Standby> {
  const directory = await temporaryDirectory();
  const { host, port } = await freeAddress();
  const { binDirectory, identity } = primary;
  await chown(directory.path, identity.uid, identity.gid);
  const dataDirectory = join(directory.path, 'data');
  const machine: Machine = { binDirectory, identity, dataDirectory };
  const stop = async (): Promise<void> => {
    await stopServer(machine, 'immediate').catch(() => null);
    await directory[Symbol.asyncDispose]();
  };
  try {
    const from = ['-h', primary.socketDirectory, '-p', String(primary.port), '-U', 'postgres'];
    await run(machine, 'pg_basebackup', [...from, '-D', dataDirectory, '-R', '-c', 'fast']);
    await appendFile(
      join(dataDirectory, 'postgresql.conf'),
      `listen_addresses = '${host}'\nport = ${port}\nunix_socket_directories = '${directory.path}'\n`,
    );
    await startServer(machine);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...machine, host, port, [Symbol.asyncDispose]: stop };
}
