// Finds the PostgreSQL that is installed on the machine, and says which version it is.

import { errorCode } from '#adapters/files/error-code.ts';
import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerVersion } from '#core/config/versions.ts';
import { chooseVersion, readVersion } from '#core/config/versions.ts';
import { runProgram } from './run-program.ts';

export interface Installation {
  readonly binDirectory: string;
  readonly version: ServerVersion;
}

const needed = ['postgres', 'initdb', 'pg_ctl', 'pg_controldata'];

async function isComplete(binDirectory: string): Promise<boolean> {
  const checks = await Promise.allSettled(
    needed.map(async (name) => access(join(binDirectory, name), constants.X_OK)),
  );
  return checks.every((check) => check.status === 'fulfilled');
}

/** The version of the server in this directory; null where there is none that runs. */
export async function installationIn(binDirectory: string): Promise<Installation | null> {
  if (!(await isComplete(binDirectory))) return null;
  const asked = await runProgram({
    file: join(binDirectory, 'postgres'),
    args: ['--version'],
    timeoutMs: 10_000,
  });
  const version = asked.exitCode === 0 ? readVersion(asked.stdout) : null;
  return version === null ? null : { binDirectory, version };
}

/** The wanted version below `root` (`/usr/lib/postgresql` of Debian and Ubuntu), or the newest; or null. */
export async function findInstallation(root: string, wanted: string): Promise<Installation | null> {
  const names = await readdir(root).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const found: Installation[] = [];
  for (const name of names) {
    // Packages of the client alone have such a directory too.
    const installation = await installationIn(join(root, name, 'bin'));
    if (installation !== null) found.push(installation);
  }
  const majors = found.map((installation) => installation.version.major);
  const major = chooseVersion(majors, wanted);
  return found.find((installation) => installation.version.major === major) ?? null;
}
