// Installs PostgreSQL from the distribution's packages, without the cluster Debian would make by itself.

import { errorCode } from '#adapters/files/error-code.ts';
import { readFile, writeFile, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { lastWords, runProgram } from './run-program.ts';

/** Where Debian's scripts look whether to make a cluster when a server package is installed. */
export const createClusterFile = '/etc/postgresql-common/createcluster.conf';

/** The text of createcluster.conf with that setting off and everything else as it was. */
export function withoutMainCluster(previous: string): string {
  const others = previous
    .split('\n')
    .filter((line) => !/^\s*#?\s*create_main_cluster\s*=/u.test(line));
  return ['create_main_cluster = false', ...others].join('\n').replace(/\n*$/u, '\n');
}

async function refuseMainCluster(path: string): Promise<void> {
  const previous = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const text = withoutMainCluster(previous);
  if (text === previous) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

/** Name of the package: that of a version, or the distribution's own choice. */
export function packageName(version: string): string {
  return version === '' ? 'postgresql' : `postgresql-${version}`;
}

export interface InstallRequest {
  /** Major version, for example `15`; empty for the distribution's. */
  readonly version: string;
  readonly aptGet: string;
  readonly createClusterFile: string;
  readonly report: (progress: string) => void;
}

const quietly: Readonly<Record<string, string>> = {
  DEBIAN_FRONTEND: 'noninteractive',
  // Ubuntu's needrestart would ask which services to restart.
  NEEDRESTART_MODE: 'l',
};

async function aptGet(
  request: InstallRequest,
  args: readonly string[],
): ReturnType<typeof runProgram> {
  return runProgram({
    file: request.aptGet,
    // Another apt may hold the lock, as on a fresh machine that updates itself.
    args: ['-o', 'DPkg::Lock::Timeout=300', ...args],
    timeoutMs: 1_800_000,
    environment: quietly,
  });
}

/** Installs the package with apt-get; null when that went well. Needs to be root. */
export async function installPackage(request: InstallRequest): Promise<Problem | null> {
  const name = packageName(request.version);
  // Before the package, as its scripts make the cluster in the course of its installation.
  await refuseMainCluster(request.createClusterFile);
  request.report('Reading the package lists.');
  const updated = await aptGet(request, ['update']);
  request.report(`Installing package ${name}.`);
  const installed = await aptGet(request, [
    'install',
    '--yes',
    '--no-install-recommends',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    // Keeps createcluster.conf as just written, where its package brings one of its own.
    'Dpkg::Options::=--force-confold',
    name,
  ]);
  if (installed.exitCode === 0) return null;
  const words = [updated, installed]
    .filter((result) => result.exitCode !== 0)
    .map((result) => lastWords(result.stderr || result.failure, 2));
  return problem(
    'INSTALL_FAILED',
    `Cannot install package ${name}: apt-get says "${words.join('; ')}"`,
    'Look whether the machine reaches its package archive and the archive has that version',
  );
}
