// How far a connection is protected: what libpq's words of sslmode mean for TLS of Node.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { checkServerIdentity } from 'node:tls';
import { errorCode } from '#adapters/files/error-code.ts';
import { JobCacheError } from '../errors.ts';
import type { DatabaseTarget, Place } from './target.ts';

/** Whether to try with TLS or without, in order. */
export function attemptsOf(target: DatabaseTarget, place: Place): readonly boolean[] {
  if (place.host.startsWith('/')) return [false];
  switch (target.sslMode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, true];
    case 'prefer':
      return [true, false];
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [true];
    default:
      return target.sslMode satisfies never;
  }
}

async function fileOf(keyword: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new JobCacheError(
      `Cannot use the connection: ${keyword} ${path} can't be read (${errorCode(error)})`,
      { kind: 'OperationalError' },
      { cause: error },
    );
  }
}

/** The authorities to trust; null for those this machine trusts. */
async function authoritiesOf(target: DatabaseTarget): Promise<string | null> {
  const { sslMode, sslRootCert } = target;
  if (sslRootCert === 'system') return null;
  const path = sslRootCert ?? join(homedir(), '.postgresql', 'root.crt');
  try {
    return await fileOf('sslrootcert', path);
  } catch (error) {
    if (sslRootCert !== null) throw error;
    throw new JobCacheError(
      `Cannot use the connection: sslmode=${sslMode} needs the authorities to trust, and ${path} can't ` +
        'be read. Name a file of certificates with sslrootcert, or sslrootcert=system',
      { kind: 'OperationalError' },
      { cause: error },
    );
  }
}

/**
 * @throws JobCacheError where a file of certificates can't be read
 */
export async function tlsOptionsOf(
  target: DatabaseTarget,
  place: Place,
): Promise<ConnectionOptions> {
  const { sslMode, sslRootCert, sslCert, sslKey } = target;
  // As libpq: whoever names authorities with "require" wants them checked.
  const isVerified =
    sslMode === 'verify-ca' ||
    sslMode === 'verify-full' ||
    (sslMode === 'require' && sslRootCert !== null);
  const isNameChecked = sslMode === 'verify-full' || (isVerified && sslRootCert === 'system');
  const ca = isVerified ? await authoritiesOf(target) : null;
  return {
    rejectUnauthorized: isVerified,
    // The name that was asked for, also where hostaddr leads to its address.
    checkServerIdentity: (_, certificate) =>
      isNameChecked ? checkServerIdentity(place.host, certificate) : undefined,
    ...(ca === null ? {} : { ca }),
    ...(sslCert === null ? {} : { cert: await fileOf('sslcert', sslCert) }),
    ...(sslKey === null ? {} : { key: await fileOf('sslkey', sslKey) }),
  };
}
