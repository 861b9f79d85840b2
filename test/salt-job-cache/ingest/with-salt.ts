// A real Salt master and a minion of it, in a directory and on ports of their own. Only where the environment
// names a Python that has Salt: SALT_PYTHON.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { delay } from '#adapters/system/clock.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { freeAddress } from '../../adapters/pg/with-postgres.ts';

export const saltPython: string | undefined = process.env['SALT_PYTHON'];

export interface Salt extends AsyncDisposable {
  /** The socket it publishes events on. */
  readonly socket: string;
  /** Runs `salt` or `salt-run`, and gives what it printed as JSON. */
  run(program: 'salt' | 'salt-run' | 'salt-call', args: readonly string[]): Promise<unknown>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  // Salt's daemons fork; their group is theirs alone.
  process.kill(-child.pid, 'SIGKILL');
  await once(child, 'exit');
}

/**
 * @param directory short: the path of a socket has to fit
 * @param more lines for the master's configuration
 */
export async function withSalt(
  python: string,
  directory: string,
  more: readonly string[] = [],
): Promise<Salt> {
  const bin = dirname(python);
  const config = join(directory, 'etc');
  const sockets = join(directory, 's');
  await mkdir(config);
  await mkdir(join(directory, 'srv'));
  const [first, second] = [await freeAddress(), await freeAddress()];
  const common = [
    `root_dir: ${directory}`,
    'user: root',
    `sock_dir: ${sockets}`,
    'ipv6: False',
    'log_level: warning',
  ];
  const master = [
    ...common,
    ...more,
    'id: host_master',
    'interface: 127.0.0.1',
    `publish_port: ${first.port}`,
    `ret_port: ${second.port}`,
    'auto_accept: True',
    'worker_threads: 2',
    'timeout: 30',
    `file_roots: {base: [${join(directory, 'srv')}]}`,
  ];
  const minion = [
    ...common,
    'id: minion1',
    'master: 127.0.0.1',
    `publish_port: ${first.port}`,
    `master_port: ${second.port}`,
    'mine_enabled: False',
    'grains_cache: True',
  ];
  await writeFile(join(config, 'master'), `${master.join('\n')}\n`);
  await writeFile(join(config, 'minion'), `${minion.join('\n')}\n`);
  await writeFile(
    join(directory, 'srv', 'note.sls'),
    `${join(directory, 'note.txt')}:\n  file.managed:\n    - contents: written\n`,
  );
  const start = (program: string): ChildProcess =>
    spawn(python, [join(bin, program), '-c', config], {
      stdio: 'ignore',
      detached: true,
      cwd: directory,
    });
  const daemons = [start('salt-master'), start('salt-minion')];
  const run: Salt['run'] = async (program, args) => {
    const result = await runProgram({
      file: python,
      args: [join(bin, program), '-c', config, '--out=json', ...args],
      timeoutMs: 60_000,
    });
    if (result.exitCode === null) throw new Error(`${program}: ${result.failure}`);
    try {
      return JSON.parse(result.stdout);
    } catch {
      return `${result.stdout}${result.stderr}`;
    }
  };
  const salt: Salt = {
    socket: join(sockets, 'master_event_pub.ipc'),
    run,
    async [Symbol.asyncDispose]() {
      await Promise.all(daemons.map(end));
    },
  };
  try {
    await untilAnswered(salt);
  } catch (error) {
    await salt[Symbol.asyncDispose]();
    throw error;
  }
  return salt;
}

async function untilAnswered(salt: Salt): Promise<void> {
  const endMs = Date.now() + 120_000;
  let last: unknown = null;
  while (Date.now() < endMs) {
    last = await salt.run('salt', ['-t', '5', 'minion1', 'test.ping']);
    if (typeof last === 'object' && last !== null && 'minion1' in last && last.minion1 === true)
      return;
    await delay(500);
  }
  throw new Error(`The minion did not answer; seen last: ${JSON.stringify(last)}`);
}
