// Creates a cluster. It is built beside its place and moved there when it is whole, so that what is in the
// data directory is always a complete cluster; what an interrupted attempt left is kept, under another name.

import { errorCode } from '#adapters/files/error-code.ts';
import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { ensureDirectory, syncDirectory } from './atomic-file.ts';
import { readDataDirectory } from './data-directory.ts';
import type { Identity } from './identity.ts';
import { lastWords, runProgram } from './run-program.ts';

export interface ClusterRequest {
  readonly binDirectory: string;
  readonly dataDirectory: string;
  readonly locale: string;
  readonly encoding: string;
  readonly identity: Identity;
}

export interface CreatedCluster {
  readonly did: readonly string[];
  readonly problem: Problem | null;
}

/** The first name beside the data directory that nothing bears. */
async function freeName(path: string): Promise<string> {
  const names = new Set(await readdir(dirname(path)));
  for (let number = 1; ; number += 1) {
    const name = `${basename(path)}-${number}`;
    if (!names.has(name)) return join(dirname(path), name);
  }
}

function failed(what: string, hint: string): Problem {
  return problem('INITDB_FAILED', `Cannot create a cluster: ${what}`, hint);
}

async function runInitdb(request: ClusterRequest, target: string): Promise<Problem | null> {
  const made = await runProgram({
    file: join(request.binDirectory, 'initdb'),
    args: [
      '-D',
      target,
      '--username=postgres',
      // The superuser has no password: it comes in over the socket, by its name on the machine.
      '--auth-local=peer',
      '--auth-host=scram-sha-256',
      '--data-checksums',
      `--encoding=${request.encoding}`,
      `--locale=${request.locale}`,
    ],
    as: request.identity,
    timeoutMs: 300_000,
  });
  if (made.exitCode === 0) return null;
  return failed(
    `initdb says "${lastWords(made.stderr || made.failure)}"`,
    'Correct what it says; for a locale this machine does not have, choose another with the option locale',
  );
}

/**
 * Puts the finished cluster into its place. An empty directory there is replaced, one with something in it
 * is not.
 */
async function moveIntoPlace(from: string, to: string): Promise<Problem | null> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (!['EBUSY', 'EXDEV', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
    return failed(
      `${to} can't be replaced by the finished one (${code})`,
      'Where it is the mount point of a disk, use a directory below it',
    );
  }
  await syncDirectory(dirname(to));
  return null;
}

/** Creates a cluster where there is none yet; the data directory must be absent or empty. */
export async function createCluster(request: ClusterRequest): Promise<CreatedCluster> {
  const { dataDirectory, identity } = request;
  const target = `${dataDirectory}.unfinished`;
  const did: string[] = [];
  if (['other', 'cluster'].includes((await readDataDirectory(target)).kind)) {
    const aside = await freeName(target);
    await rename(target, aside);
    did.push(`Moved what an interrupted initdb left to ${aside}`);
  }
  await ensureDirectory(target, 0o700, identity);
  const found = (await runInitdb(request, target)) ?? (await moveIntoPlace(target, dataDirectory));
  if (found === null) {
    did.push(`Created a cluster in ${dataDirectory} (${request.encoding}, ${request.locale})`);
  }
  return { did, problem: found };
}
