// A place for a server that `pg-setup` is to bring up: directories, an address, and a way to get rid of it.

import { spawn } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { SetupNotes } from '#hooks/setup/setup-context.ts';
import type { SetupAnswer } from '#hooks/setup/answer.ts';
import { converge } from '#hooks/setup/converge.ts';
import type { ConvergeCommand, DesiredRelation, DesiredServer } from '#hooks/setup/desired.ts';
import { stop } from '#hooks/setup/inspect.ts';
import {
  freeAddress,
  installedBinDirectory,
  temporaryDirectory,
} from '../../adapters/pg/with-postgres.ts';

export interface ServerPlace extends AsyncDisposable {
  readonly directory: string;
  readonly host: string;
  readonly server: DesiredServer;
  /** Converges to this server, with what is given changed. */
  converge(
    server?: Partial<DesiredServer>,
    command?: Partial<Omit<ConvergeCommand, 'server' | 'command'>>,
  ): Promise<SetupAnswer>;
  readonly progress: readonly string[];
}

/** A place in a directory of its own. `owner` gets the directory, for a server that is not root's. */
export async function serverPlace(owner?: { uid: number; gid: number }): Promise<ServerPlace> {
  const directory = await temporaryDirectory();
  if (owner !== undefined) await chown(directory.path, owner.uid, owner.gid);
  const { host, port } = await freeAddress();
  const server: DesiredServer = {
    binDirectory: await installedBinDirectory(),
    dataDirectory: join(directory.path, 'data', 'main'),
    socketDirectory: join(directory.path, 'socket'),
    logDirectory: join(directory.path, 'log'),
    listenAddress: host,
    port,
    runAs: null,
    mayInitialise: true,
    mayRestart: true,
    clusterName: 'test',
    locale: 'C.UTF-8',
    encoding: 'UTF8',
    parameters: { fsync: 'off', shared_buffers: '8MB' },
  };
  const progress: string[] = [];
  return {
    directory: directory.path,
    host,
    server,
    progress,
    async converge(change = {}, command = {}) {
      const rest = { clients: [], adminAddresses: [], extraHba: [], access: [], revoke: [] };
      const notes = new SetupNotes((sentence) => progress.push(sentence));
      return converge(
        { command: 'converge', ...rest, ...command, server: { ...server, ...change } },
        notes,
      );
    },
    async [Symbol.asyncDispose]() {
      await stop(server);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A relation and its line of pg_hba.conf, for a client on any loopback address. */
export function relationOf(number: number): {
  readonly access: DesiredRelation;
  readonly client: ConvergeCommand['clients'][number];
} {
  const relation = `db:${number}`;
  const [database, user] = [`app${number}`, `db_${number}_app`];
  return {
    access: {
      relation,
      owner: `app${number}`,
      database,
      user,
      password: `Secret${number}`,
      admin: false,
      roles: [],
      extensions: [],
      privileges: ['ALL'],
    },
    client: { relation, database, user, admin: false, addresses: ['127.0.0.0/8'] },
  };
}

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program itself, as another user where one is given. */
export async function runSetup(
  input: string,
  owner?: { uid: number; gid: number },
): Promise<ProgramRun> {
  const program = fileURLToPath(new URL('../../../hooks/setup/pg-setup.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // As bare as the environment of a hook.
    // Coverage is switched off for another user, who may not write where it goes.
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      ...(owner === undefined ? {} : { NODE_V8_COVERAGE: '' }),
    },
    ...owner,
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  child.stdin.end(input);
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    promise,
  ]);
  return { exitCode, stdout, stderr };
}
