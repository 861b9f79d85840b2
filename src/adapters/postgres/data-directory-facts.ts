// What a data directory holds, for the decision what may be done with it, and in words where nothing may be.

import { stat } from 'node:fs/promises';
import { errorCode } from '#adapters/files/error-code.ts';
import { readDataDirectory } from '#adapters/postgres-server/data-directory.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { readVersion } from '#core/config/versions.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { MemberPlace } from './member-place.ts';

export interface DataDirectoryFacts {
  readonly kind: PostgresFacts['dataDirectory'];
  readonly problem: string;
  /** From PG_VERSION, for example 150000; 0 where there is none. */
  readonly serverVersion: number;
}

/** Major version of the installed programs, for example `15`; null where they do not run. */
export async function programsMajor(place: MemberPlace): Promise<string | null> {
  const asked = await runProgram({
    file: place.program('postgres'),
    args: ['--version'],
    timeoutMs: 10_000,
  });
  return asked.exitCode === 0 ? (readVersion(asked.stdout)?.major ?? null) : null;
}

async function readFacts(place: MemberPlace, major: string | null): Promise<DataDirectoryFacts> {
  const path = place.dataDirectory;
  const found = await readDataDirectory(path);
  const not = (kind: 'foreign' | 'unreadable', problem: string, serverVersion = 0) => ({
    kind,
    problem,
    serverVersion,
  });
  switch (found.kind) {
    case 'absent':
    case 'empty':
      return { kind: 'empty', problem: '', serverVersion: 0 };
    case 'other':
      return not(
        'foreign',
        `${path} holds ${found.found.join(', ')} and is no complete cluster, as after an interrupted copy: move it away, or let this member be reinitialized`,
      );
    case 'cluster': {
      const serverVersion = Number(found.major) * 10_000;
      if (found.uid !== place.identity.uid) {
        return not(
          'unreadable',
          `${path} belongs to the user with number ${found.uid}, and PostgreSQL would run as ${place.identity.name} (${place.identity.uid}): give it to that user, or choose another directory`,
          serverVersion,
        );
      }
      if (major !== null && found.major !== major) {
        return not(
          'foreign',
          `${path} holds a cluster of PostgreSQL ${found.major}, and the programs are those of ${major}: install ${found.major}, set postgresql.bin_dir, or upgrade it with pg_upgrade`,
          serverVersion,
        );
      }
      return { kind: 'cluster', problem: '', serverVersion };
    }
    default:
      return found satisfies never;
  }
}

/** `major` is the programs' version; null where it is not known, then it is not compared. */
export async function readDataDirectoryFacts(
  place: MemberPlace,
  major: string | null,
): Promise<DataDirectoryFacts> {
  try {
    const found = await stat(place.dataDirectory).catch(() => null);
    if (found !== null && !found.isDirectory()) {
      return {
        kind: 'foreign',
        problem: `${place.dataDirectory} is no directory`,
        serverVersion: 0,
      };
    }
    return await readFacts(place, major);
  } catch (error) {
    const problem = `${place.dataDirectory} can't be read: ${errorCode(error) || String(error)}`;
    return { kind: 'unreadable', problem, serverVersion: 0 };
  }
}
