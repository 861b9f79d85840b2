// The command `install`: finds PostgreSQL on the machine, and installs the distribution's where it is missing.

import type { Installation } from '#adapters/postgres-server/installed.ts';
import { findInstallation } from '#adapters/postgres-server/installed.ts';
import {
  createClusterFile,
  installPackage,
  packageName,
} from '#adapters/postgres-server/packages.ts';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { InstallAnswer } from './answer.ts';
import type { InstallCommand } from './desired.ts';

/** Where things are on the machine; a test gives places of its own. */
export interface Machine {
  /** Has a directory for each installed version. */
  readonly installationRoot: string;
  readonly aptGet: string;
  readonly createClusterFile: string;
  readonly isRoot: boolean;
  readonly report: (sentence: string) => void;
}

/** Debian or Ubuntu, as whoever runs this. */
export function thisMachine(report: (sentence: string) => void): Machine {
  return {
    installationRoot: '/usr/lib/postgresql',
    aptGet: 'apt-get',
    createClusterFile,
    isRoot: process.getuid?.() === 0,
    report,
  };
}

function failure(found: Problem): InstallAnswer {
  return { ok: false, did: [], version: '', binDirectory: '', problem: found };
}

function success(found: Installation, did: readonly string[]): InstallAnswer {
  const { binDirectory, version } = found;
  return { ok: true, did, version: version.text, binDirectory, problem: null };
}

/** Finds or installs the wanted version. */
export async function install(command: InstallCommand, machine: Machine): Promise<InstallAnswer> {
  const { version } = command;
  // It becomes part of a package's name, among the arguments of a program that runs as root.
  if (!/^(?:\d{1,2}(?:\.\d)?)?$/u.test(version)) {
    return failure(
      problem(
        'INPUT_INVALID',
        `Cannot install PostgreSQL ${shown(version)}: it is no major version`,
        'Use a number like 15, or nothing for the newest the distribution has',
      ),
    );
  }
  const there = await findInstallation(machine.installationRoot, version);
  if (there !== null) return success(there, []);
  const name = packageName(version);
  if (!machine.isRoot) {
    return failure(
      problem(
        'NOT_INSTALLED',
        `Cannot find PostgreSQL ${version} on this machine, and only root can install it`.replace(
          '  ',
          ' ',
        ),
        `Run: sudo apt-get install ${name}`,
      ),
    );
  }
  const failed = await installPackage({
    version,
    aptGet: machine.aptGet,
    createClusterFile: machine.createClusterFile,
    report: machine.report,
  });
  if (failed !== null) return failure(failed);
  const installed = await findInstallation(machine.installationRoot, version);
  if (installed !== null) return success(installed, [`Installed package ${name}`]);
  return failure(
    problem(
      'INSTALL_FAILED',
      `Cannot find a server in ${machine.installationRoot} after package ${name} was installed`,
      'Look which files that package has (dpkg -L)',
    ),
  );
}
