// Programs of others that the tests and the demonstration work with: the store, the balancer and the peer.
// Installs what is missing through apt-get where it may, and otherwise says in one sentence what to run.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const packages: Readonly<Record<string, readonly string[]>> = {
  etcd: ['etcd-server'],
  etcdctl: ['etcd-client'],
  haproxy: ['haproxy'],
  // The first is content with the library of any one store; ours is etcd.
  patronictl: ['patroni', 'python3-etcd'],
};

/** haproxy is in a directory that is not on everybody's path. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ToolsOptions {
  /** Directories to look for programs in, separated by colons. */
  readonly path: string;
  readonly aptGet: string;
  readonly isRoot: boolean;
}

const onThisMachine: ToolsOptions = {
  path: `${process.env['PATH'] ?? ''}:${systemPath}`,
  aptGet: 'apt-get',
  isRoot: process.getuid?.() === 0,
};

/** Null when all of them are there in the end, else what is to be done, in a sentence. */
export function installTools(
  options: ToolsOptions = onThisMachine,
  wanted: readonly string[] = Object.keys(packages),
): string | null {
  const missing = missingTools(options, wanted);
  if (missing.length === 0) return null;
  const install = [
    'install',
    '--yes',
    '--no-install-recommends',
    ...missing.flatMap((name) => packages[name] ?? []),
  ];
  const byHand = `run as root: apt-get ${install.join(' ')}`;
  if (!options.isRoot) return `Missing ${missing.join(', ')}: ${byHand}`;
  // Reading the package lists takes long and is needed on a fresh machine only.
  let problem = aptGet(options, install);
  if (problem !== null) problem = aptGet(options, ['update']) ?? aptGet(options, install);
  const left = missingTools(options, wanted);
  if (left.length === 0) return null;
  return `Cannot install ${left.join(', ')} (${problem ?? 'apt-get did not bring it'}): ${byHand}`;
}

function missingTools({ path }: ToolsOptions, wanted: readonly string[]): readonly string[] {
  const directories = path.split(':').filter((directory) => directory !== '');
  return wanted.filter(
    (name) => !directories.some((directory) => isExecutable(join(directory, name))),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Null when it went well, else its last words. */
function aptGet(options: ToolsOptions, args: readonly string[]): string | null {
  // Another apt may hold the lock, as on a fresh machine that updates itself.
  const done = spawnSync(options.aptGet, ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', LC_ALL: 'C' },
  });
  if (done.status === 0) return null;
  const words = done.error?.message ?? done.stderr.trim().split('\n').at(-1) ?? '';
  return `apt-get ${args[0] ?? ''}: ${words}`;
}
