// The certificate of the REST API, read and tried before any socket depends on it.

import type { SecureContextOptions } from 'node:tls';

import { nodeTls } from '#adapters/net/lazy-tls.ts';
import { readTlsFiles } from '#adapters/peers/tls-files.ts';
import type { TlsMaterial } from '#adapters/peers/tls-files.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';

/** What a server's context is made of. */
export function contextOptions(config: RestApiConfig, material: TlsMaterial): SecureContextOptions {
  return { ...material, ...(config.ciphers !== null && { ciphers: config.ciphers }) };
}

/** Rejects where a file can't be read, or where certificate, key, password and ciphers do not go together. */
export async function readServerTls(config: RestApiConfig): Promise<TlsMaterial> {
  const material = await readTlsFiles(config);
  if (config.certfile === null) return material;
  try {
    nodeTls().createSecureContext(contextOptions(config, material));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot use the certificate '${config.certfile}': ${why}. Look at certfile, keyfile, keyfile_password, cafile and ciphers of restapi`,
      { cause: error },
    );
  }
  return material;
}
