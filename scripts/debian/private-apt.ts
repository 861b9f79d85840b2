// An apt that knows another release than the machine's: its lists, cache and state are in a directory of its own, and
// nothing of the machine changes. How to reach the network, and whose signatures to believe, it takes from the machine.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type AptSource,
  debianMirror,
  type Mirror,
  readListFile,
  readSourcesFile,
} from './apt-sources.ts';

export interface PrivateApt {
  /** Runs apt-get; gives what it printed. Throws its last words where it fails or takes longer. */
  get(args: readonly string[], timeoutMs: number): string;
  /** Where `download` puts packages. */
  readonly packages: string;
}

const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg';

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function machineSources(): readonly AptSource[] {
  const parts = '/etc/apt/sources.list.d';
  const names = existsSync(parts) ? readdirSync(parts).toSorted() : [];
  return [
    ...readListFile(readIfThere('/etc/apt/sources.list')),
    ...names.flatMap((name) => {
      if (name.endsWith('.sources')) return readSourcesFile(readIfThere(join(parts, name)));
      return name.endsWith('.list') ? readListFile(readIfThere(join(parts, name))) : [];
    }),
  ];
}

/** The mirror of this machine. @throws Error where its apt names none of Debian's own packages */
function machineMirror(): Mirror {
  const codename = /^VERSION_CODENAME=(?<name>\w+)$/mu.exec(readIfThere('/etc/os-release'));
  const release = codename?.groups?.['name'] ?? '';
  const mirror = debianMirror(machineSources(), release);
  if (mirror !== null) return mirror;
  throw new Error(
    `apt is told of no mirror of Debian ${release || '(this system does not say its release)'} in /etc/apt; it has to be one to have later releases`,
  );
}

/** Proxies, certificates and the like. What would accept packages without a signature is left behind. */
function networkSettings(): string {
  const done = spawnSync('apt-config', ['dump'], { encoding: 'utf8', timeout: 10_000 });
  const lines = (done.stdout ?? '').split('\n');
  return lines
    .filter((line) => /^Acquire::(?!IndexTargets|Allow|Languages|GzipIndexes)/u.test(line))
    .join('\n');
}

/** The line that says why: notes on where to read more, and that something failed, come after it. */
function lastError(stderr: string): string | undefined {
  const lines = stderr.trim().split('\n');
  return (
    lines.findLast((line) => line.startsWith('E:') && !line.includes('Some index files')) ??
    lines.findLast((line) => line.startsWith('W:')) ??
    (lines.at(-1) || undefined)
  );
}

function aptGet(file: string, config: string, packages: string): PrivateApt['get'] {
  return (args, timeoutMs) => {
    const limits = [
      'Acquire::http::Timeout=15',
      'Acquire::https::Timeout=15',
      'Acquire::Retries=1',
      // Lists that can't be had are a failure, as there are no older ones.
      'APT::Update::Error-Mode=any',
    ];
    const done = spawnSync(file, [...limits.flatMap((limit) => ['-o', limit]), ...args], {
      cwd: packages,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: timeoutMs,
      env: { ...process.env, APT_CONFIG: config, LC_ALL: 'C' },
    });
    if (done.status === 0) return done.stdout;
    const isLate =
      done.error !== undefined && 'code' in done.error && done.error.code === 'ETIMEDOUT';
    const words = isLate
      ? `took longer than ${timeoutMs / 1000} s`
      : (done.error?.message ?? lastError(done.stderr) ?? `exit code ${done.status}`);
    throw new Error(`apt-get ${args[0] ?? ''}: ${words}`);
  };
}

/** Makes it in an empty directory. Packages of `suite` come from `mirror`, and are believed where Debian signed them. */
export function privateApt(
  directory: string,
  suite: string,
  mirror: Mirror = machineMirror(),
  file = 'apt-get',
): PrivateApt {
  const [state, nothing, packages] = ['state', 'nothing', 'packages'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  mkdirSync(join(state, 'lists/partial'), { recursive: true });
  mkdirSync(join(directory, 'cache/archives/partial'), { recursive: true });
  mkdirSync(nothing);
  mkdirSync(packages);
  // Where root starts it, apt downloads as a user of its own.
  chmodSync(packages, 0o777);
  writeFileSync(join(state, 'status'), '');
  const keys = mirror.signedBy ?? (existsSync(debianKeys) ? debianKeys : null);
  const option = keys === null ? '' : ` [signed-by=${keys}]`;
  writeFileSync(join(directory, 'sources.list'), `deb${option} ${mirror.uri} ${suite} main\n`);
  const config = join(directory, 'apt.conf');
  writeFileSync(
    config,
    `${networkSettings()}
Dir::Etc::main "/dev/null";
Dir::Etc::parts "${nothing}";
Dir::Etc::sourcelist "${join(directory, 'sources.list')}";
Dir::Etc::sourceparts "${nothing}";
Dir::State "${state}";
Dir::State::lists "${join(state, 'lists')}";
Dir::State::status "${join(state, 'status')}";
Dir::Cache "${join(directory, 'cache')}";
Acquire::Languages "none";
`,
  );
  return { get: aptGet(file, config, packages), packages };
}
