// Looks at what is there before anything is changed: the programs, the user, the data directory. What can't
// be used is refused here and left exactly as it is.

import { errorCode } from '#adapters/files/error-code.ts';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import type { ServerVersion } from '#core/config/versions.ts';
import type { DataDirectory } from '#adapters/postgres-server/data-directory.ts';
import { readDataDirectory } from '#adapters/postgres-server/data-directory.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import { installationIn } from '#adapters/postgres-server/installed.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';
import type { ServerAnswer } from './answer.ts';
import type { DesiredServer } from './desired.ts';

export interface FoundServer {
  readonly place: ServerPlace;
  readonly version: ServerVersion;
  /** Whether a cluster is there; else the directory is absent or empty. */
  readonly hasCluster: boolean;
}

export type FindResult =
  | { readonly kind: 'found'; readonly server: FoundServer }
  | { readonly kind: 'unusable'; readonly problem: Problem; readonly answer: ServerAnswer };

/** Longest time a start or stop is waited for, in seconds. */
const waitSeconds = 60;

/** A server that does not run, as an answer. */
export function idleAnswer(
  state: ServerAnswer['state'],
  version: ServerVersion | null,
): ServerAnswer {
  return {
    state,
    version: version?.text ?? '',
    versionNumber: version?.number ?? 0,
    systemIdentifier: '',
    inRecovery: false,
    pendingRestart: [],
  };
}

function ownerProblem(path: string, uid: number, identity: Identity): Problem | null {
  if (uid === identity.uid) return null;
  return problem(
    'DATA_DIRECTORY_OWNER',
    `Cannot use ${path}: it belongs to user ${uid}, and PostgreSQL is to run as ${identity.name} (${identity.uid})`,
    `Give it and all in it to ${identity.name}, or run PostgreSQL as its owner`,
  );
}

function dataProblem(
  path: string,
  data: DataDirectory,
  version: ServerVersion,
  identity: Identity,
): Problem | null {
  switch (data.kind) {
    case 'absent':
      return null;
    case 'empty':
      // It is replaced by the finished cluster, which belongs to the right user in any case.
      return identity.isOther ? null : ownerProblem(path, data.uid, identity);
    case 'other':
      return problem(
        'DATA_DIRECTORY_NOT_A_CLUSTER',
        `Cannot use ${path}: it is neither empty nor a complete cluster (it has ${data.found.join(', ')})`,
        'Move what is in it away, or name another data directory; nothing in it was changed',
      );
    case 'cluster':
      if (data.major !== version.major) {
        return problem(
          'DATA_DIRECTORY_VERSION',
          `Cannot use ${path}: it is a cluster of PostgreSQL ${data.major}, and this is PostgreSQL ${version.text}`,
          `Install PostgreSQL ${data.major}, or move the data over with pg_upgrade or pg_dump`,
        );
      }
      return ownerProblem(path, data.uid, identity);
    default:
      return data satisfies never;
  }
}

async function readData(path: string): Promise<DataDirectory | Problem> {
  try {
    return await readDataDirectory(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    return problem(
      'DATA_DIRECTORY_OWNER',
      `Cannot use ${path}: it can't be read (${code})`,
      'Give it to the user PostgreSQL runs as, or name another data directory',
    );
  }
}

/** Finds the server asked for, or why it can't be used. Changes nothing. */
export async function findServer(desired: DesiredServer): Promise<FindResult> {
  const installation = await installationIn(desired.binDirectory);
  const version = installation?.version ?? null;
  const unusable = (found: Problem): FindResult => ({
    kind: 'unusable',
    problem: found,
    answer: idleAnswer('unusable', version),
  });
  if (version === null) {
    return unusable(
      problem(
        'NOT_INSTALLED',
        `Cannot run PostgreSQL: ${desired.binDirectory} does not have a server that runs`,
        'Install it first (command install), and use the directory that names',
      ),
    );
  }
  const found = await findIdentity(desired.runAs?.name ?? null);
  if (found.kind === 'impossible') return unusable(found.problem);
  const { identity } = found;
  const data = await readData(desired.dataDirectory);
  if ('code' in data) return unusable(data);
  const refused = dataProblem(desired.dataDirectory, data, version, identity);
  if (refused !== null) return unusable(refused);
  const { binDirectory, dataDirectory, logDirectory } = desired;
  return {
    kind: 'found',
    server: {
      place: { binDirectory, dataDirectory, logDirectory, identity, waitSeconds },
      version,
      hasCluster: data.kind === 'cluster',
    },
  };
}
