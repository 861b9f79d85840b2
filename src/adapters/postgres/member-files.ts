// The configuration files of one server: postgresql.conf, which the agent owns, what it was before, pg_hba.conf,
// pg_ident.conf, the files that make a standby of it, and password files. Texts are made in the core; here
// they come to disk, whole and readable by the server's user only.

import { chmod, chown, copyFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { appendHbaLines } from '#core/config/patroni/hba.ts';
import { baseConfFile } from '#core/config/patroni/postgresql-conf.ts';
import { withoutRecoveryParameters } from '#core/config/patroni/recovery-parameters.ts';
import { errorCode } from '#adapters/files/error-code.ts';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { MemberPlace } from './member-place.ts';

export type SetUp = 'primary' | 'standby' | 'recovery';

const signalFiles: Readonly<Record<Exclude<SetUp, 'primary'>, string>> = {
  standby: 'standby.signal',
  recovery: 'recovery.signal',
};

const savedFiles: readonly string[] = [
  'postgresql.conf',
  baseConfFile,
  'pg_hba.conf',
  'pg_ident.conf',
];

export interface MemberFiles {
  readonly confPath: string;
  readonly hbaPath: string;
  readonly identPath: string;
  readonly autoConfPath: string;
  /** True where it changed. */
  write(path: string, text: string): Promise<boolean>;
  /** Keeps what postgresql.conf was before us, once; answers what is to be included. */
  takeOver(customConf: string | null): Promise<string>;
  /** What the next start makes of the data directory. */
  setUp(as: SetUp): Promise<void>;
  isSetUpAsStandby(): Promise<boolean>;
  /** What ALTER SYSTEM may have set of recovery is the agent's to decide. */
  cleanAutoConf(): Promise<void>;
  appendHba(lines: readonly string[]): Promise<void>;
  /** Copies configuration files to `<name>.backup` in the data directory, so that a backup has them. */
  save(): Promise<void>;
  /** Takes them from there where they are missing, as after a restore. */
  restore(): Promise<void>;
}

export function createMemberFiles(place: MemberPlace, log: LogPort): MemberFiles {
  const { identity, dataDirectory, configDirectory } = place;
  const inConfig = (name: string): string => join(configDirectory, name);
  const inData = (name: string): string => join(dataDirectory, name);
  const write = async (path: string, text: string): Promise<boolean> =>
    writeAtomically(path, text, identity);
  const isThere = async (path: string): Promise<boolean> => (await readIfThere(path)) !== null;

  const copy = async (from: string, to: string): Promise<void> => {
    try {
      await copyFile(from, to);
      await chmod(to, 0o600);
      if (identity.isOther) await chown(to, identity.uid, identity.gid);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      log.error(`Cannot copy ${from} to ${to}: ${errorCode(error) || String(error)}`);
    }
  };

  return {
    confPath: inConfig('postgresql.conf'),
    hbaPath: inConfig('pg_hba.conf'),
    identPath: inConfig('pg_ident.conf'),
    autoConfPath: inData('postgresql.auto.conf'),
    write,
    async takeOver(customConf) {
      if (customConf !== null) return customConf;
      const base = inConfig(baseConfFile);
      if (await isThere(base)) return baseConfFile;
      const conf = inConfig('postgresql.conf');
      if (await isThere(conf)) await rename(conf, base);
      else await write(base, '');
      return baseConfFile;
    },
    async setUp(as) {
      for (const [kind, name] of Object.entries(signalFiles)) {
        if (kind === as) await write(inData(name), '');
        else await rm(inData(name), { force: true });
      }
    },
    async isSetUpAsStandby() {
      for (const name of Object.values(signalFiles)) if (await isThere(inData(name))) return true;
      return false;
    },
    async cleanAutoConf() {
      const path = inData('postgresql.auto.conf');
      const text = await readIfThere(path);
      if (text !== null) await write(path, withoutRecoveryParameters(text));
    },
    async appendHba(lines) {
      const path = inConfig('pg_hba.conf');
      await write(path, appendHbaLines((await readIfThere(path)) ?? '', lines));
    },
    async save() {
      for (const name of savedFiles) await copy(inConfig(name), inData(`${name}.backup`));
    },
    async restore() {
      for (const name of savedFiles) {
        if (await isThere(inConfig(name))) continue;
        await copy(inData(`${name}.backup`), inConfig(name));
      }
      if (!(await isThere(inConfig('pg_ident.conf')))) await write(inConfig('pg_ident.conf'), '');
    },
  };
}

/** The value a parameter has in a postgresql.conf the agent wrote; null where it has none there. */
export async function writtenValue(path: string, parameter: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const match = /^(?<name>[a-z_]+) = '(?<value>(?:[^']|'')*)'$/u.exec(line);
    if (match?.groups?.['name'] === parameter) {
      return (match.groups['value'] ?? '').replaceAll("''", "'");
    }
  }
  return null;
}
