// Chooses the state directory and refuses one that cannot work, before anything else is tried.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

import { errorCode } from '#adapters/files/error-code.ts';
import { longestSocketPathBytes } from '#adapters/net/unix-listener.ts';

import { UserError } from '../user-error.ts';
import { layoutOf, ownedNames, reservedSocketBytes } from './layout.ts';

/** Less than this free and the first charm would not fit; the sentence says so instead of the kernel. */
const leastFreeBytes = 64 * 1024 * 1024;

export interface WhereItRuns {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
}

/** The directory of `--state-dir`, else of the environment, else the usual place for this user. */
export function chooseStateDir(given: string | null, where: WhereItRuns): string {
  if (given !== null) return resolve(given);
  const { JUJU_LOCAL_DATA: data, XDG_STATE_HOME: stateHome, HOME: home } = where.environment;
  if (data !== undefined && data !== '') return resolve(data);
  if (where.isRoot) return '/var/lib/juju-local';
  if (stateHome !== undefined && isAbsolute(stateHome)) return join(stateHome, 'juju-local');
  return join(home !== undefined && isAbsolute(home) ? home : homedir(), '.local/state/juju-local');
}

/** Throws `UserError` when unix sockets below the directory would get too long a path. */
export function checkPathLength(stateDir: string): void {
  const room = longestSocketPathBytes - reservedSocketBytes;
  const length = Buffer.byteLength(stateDir);
  if (length <= room) return;
  throw new UserError(
    `state directory "${stateDir}" has ${length} bytes, but unix sockets below it need it to have at most ${room}`,
    'choose a shorter one with --state-dir or JUJU_LOCAL_DATA, for example /tmp/juju-local',
  );
}

/** Whether a model lives in the directory, running or not. */
export function holdsModel(stateDir: string): boolean {
  return existsSync(layoutOf(stateDir).database);
}

/**
 * Makes the directory ready for a new model or for one that is there. Throws `UserError` when it is read-only, full,
 * too long, or holds something else. Others may pass through it (0711), as a service that is not root has its
 * files below; what is secret in it is 0600.
 */
export function prepareStateDir(stateDir: string): void {
  checkPathLength(stateDir);
  try {
    makeFolders(stateDir);
    checkIsOurs(stateDir);
    accessSync(stateDir, constants.W_OK | constants.X_OK);
    checkSpace(stateDir);
    for (const name of ['m', 'charms', 'resources', 'incoming']) {
      mkdirSync(join(stateDir, name), { recursive: true, mode: name === 'm' ? 0o711 : 0o700 });
    }
    const probe = join(stateDir, 'incoming', 'probe');
    writeFileSync(probe, 'probe');
    rmSync(probe);
  } catch (error) {
    throw explain(error, stateDir);
  }
}

/**
 * Makes a folder and those above it. Node's own way to do so never ends where the kernel answers that there is no such
 * place, as below /proc.
 */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o711 });
}

function checkIsOurs(stateDir: string): void {
  if (holdsModel(stateDir)) return;
  const strangers = readdirSync(stateDir).filter((name) => !ownedNames.includes(name));
  if (strangers.length === 0) return;
  throw new UserError(
    `state directory "${stateDir}" holds other files ("${strangers[0]}") and no model`,
    'choose an empty or a new directory with --state-dir',
  );
}

function checkSpace(stateDir: string): void {
  const space = statfsSync(stateDir);
  const free = space.bavail * space.bsize;
  if (free >= leastFreeBytes) return;
  throw new UserError(
    `state directory "${stateDir}" has ${Math.floor(free / 1024 / 1024)} MiB free, and a model needs at least ${leastFreeBytes / 1024 / 1024}`,
    'free some space there or choose another disk with --state-dir',
  );
}

const reasons: Readonly<Record<string, string>> = {
  EROFS: 'is on a read-only file system',
  EACCES: 'cannot be written by this user',
  EPERM: 'cannot be written by this user',
  ENOSPC: 'is on a full disk',
  EDQUOT: 'is on a disk whose quota is used up',
  ENOTDIR: 'is a file, or leads through one',
  ENOENT: 'cannot be made there',
};

/** An error of the system as a sentence for the user; any other error as it is. */
function explain(error: unknown, stateDir: string): unknown {
  const code = errorCode(error);
  if (!Object.hasOwn(reasons, code)) return error;
  return new UserError(
    `state directory "${stateDir}" ${reasons[code]}`,
    'choose one this user may write with --state-dir or JUJU_LOCAL_DATA',
  );
}

/**
 * The first folder on the way to the directory that only its owner may pass, or null. A service that a charm runs as
 * another user, as PostgreSQL must be when root deploys it, does not get to its files below.
 */
export function closedAncestor(stateDir: string): string | null {
  const isClosed = (path: string): boolean =>
    existsSync(path) && (statSync(path).mode & 0o001) === 0;
  const parent = dirname(stateDir);
  if (parent === stateDir) return null;
  return closedAncestor(parent) ?? (isClosed(parent) ? parent : null);
}

/** Removes what belongs to a model, and the directory itself when nothing else is in it. */
export function removeStateDir(stateDir: string): void {
  for (const name of ownedNames) {
    rmSync(join(stateDir, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  try {
    rmdirSync(stateDir);
  } catch (error) {
    // Something of the user's stands in it, or it is a mount point or a folder we may not remove.
    if (!['ENOTEMPTY', 'EBUSY', 'EACCES', 'EPERM', 'ENOENT'].includes(errorCode(error)))
      throw error;
  }
}
