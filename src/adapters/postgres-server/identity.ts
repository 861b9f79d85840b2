// Finds out as whom the server's programs run. PostgreSQL refuses root, so root runs them as `postgres`;
// anybody else can run them as itself only.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import { runProgram } from './run-program.ts';

export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Whether programs have to be started as this user and files given to it, as we are somebody else. */
  readonly isOther: boolean;
}

export type FoundIdentity =
  | { readonly kind: 'found'; readonly identity: Identity }
  | { readonly kind: 'impossible'; readonly problem: Problem };

function readEntry(line: string, name: string): Omit<Identity, 'isOther'> | null {
  const [entryName, , uid = '', gid = ''] = line.split(':');
  const areNumbers = /^\d+$/u.test(uid) && /^\d+$/u.test(gid);
  return entryName === name && areNumbers ? { name, uid: Number(uid), gid: Number(gid) } : null;
}

/** The entry of a user in the machine's user database; null where it has none. */
export async function findUser(name: string): Promise<Omit<Identity, 'isOther'> | null> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const line of passwd.split('\n')) {
    const entry = readEntry(line, name);
    if (entry !== null) return entry;
  }
  // Users of a directory service are not in the file; a machine without getent has no such users.
  const asked = await runProgram({
    file: 'getent',
    args: ['passwd', '--', name],
    timeoutMs: 10_000,
  });
  return asked.exitCode === 0 ? readEntry(asked.stdout.trim(), name) : null;
}

function impossible(message: string, hint: string): FoundIdentity {
  return { kind: 'impossible', problem: problem('RUN_AS_IMPOSSIBLE', message, hint) };
}

/** The home directory of a user of this machine; null where it has none that is known. */
export async function homeOf({ name }: Pick<Identity, 'name'>): Promise<string | null> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`));
  return entry?.split(':')[5] ?? null;
}

/** The identity asked for by name; null asks for `postgres` when we are root, else for ourselves. */
export async function findIdentity(wanted: string | null): Promise<FoundIdentity> {
  const self = userInfo();
  const isRoot = self.uid === 0;
  const name = wanted ?? (isRoot ? 'postgres' : self.username);
  if (name === self.username) {
    if (isRoot) {
      return impossible(
        'Cannot run PostgreSQL as root: it refuses to',
        'Name another user, for example postgres',
      );
    }
    return {
      kind: 'found',
      identity: { name, uid: self.uid, gid: self.gid, isOther: false },
    };
  }
  if (!isRoot) {
    return impossible(
      `Cannot run PostgreSQL as user ${shown(name)}: only root can, and this is ${shown(self.username)}`,
      'Run this as root, or leave the user open',
    );
  }
  const found = await findUser(name);
  if (found === null) {
    return impossible(
      `Cannot run PostgreSQL as user ${shown(name)}: this machine has no such user`,
      'Install PostgreSQL, whose package creates the user postgres, or name an existing user',
    );
  }
  return { kind: 'found', identity: { ...found, isOther: true } };
}
