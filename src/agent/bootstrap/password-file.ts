// The password file a program gets for one connection, for as long as it runs.

import type { SecretFile } from '#adapters/files/secret-file.ts';
import { createSecretFile } from '#adapters/files/secret-file.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import { fitsPassfile, passfileText } from '#core/config/patroni/pgpass.ts';

export interface PasswordFile extends AsyncDisposable {
  /** `PGPASSFILE`, or nothing where the connection has no password. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function createPasswordFile(
  connection: ConnectionParameters | null,
  owner: Identity,
  log: LogPort,
): Promise<PasswordFile> {
  const text = connection === null ? null : passfileText(connection);
  if (text === null) {
    const password = connection?.['password'];
    if (password !== undefined && !fitsPassfile(password)) {
      log.warning(
        `Cannot give the password of ${connection?.['user'] ?? 'the user'} to a program: it holds a line break, for which password files have no form. Choose another one`,
      );
    }
    return { environment: {}, async [Symbol.asyncDispose]() {} };
  }
  const file: SecretFile = await createSecretFile(text, owner);
  return {
    environment: { PGPASSFILE: file.path },
    [Symbol.asyncDispose]: async () => file[Symbol.asyncDispose](),
  };
}
