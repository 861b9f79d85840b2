// Reads certificates and keys from the files a configuration names, for the server and for calls to peers.

import { readFile } from 'node:fs/promises';

export interface TlsFiles {
  /** May hold the key too. */
  readonly certfile: string | null;
  /** Null: the key stands in the certificate's file. */
  readonly keyfile: string | null;
  readonly keyfilePassword: string | null;
  readonly cafile: string | null;
}

/** In the words of Node's TLS options. */
export interface TlsMaterial {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly passphrase?: string;
  readonly ca?: Buffer;
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot read the ${what} '${path}': ${why}. Name a file the agent's user can read`,
      { cause: error },
    );
  }
}

/** Throws an error that names the file which can't be read. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const { certfile, keyfile, keyfilePassword, cafile } = files;
  return {
    ...(certfile !== null && {
      cert: await read(certfile, 'certificate'),
      key: await read(keyfile ?? certfile, "certificate's key"),
    }),
    ...(certfile !== null && keyfilePassword !== null && { passphrase: keyfilePassword }),
    ...(cafile !== null && { ca: await read(cafile, 'certificate of the authority') }),
  };
}

/** Whether two readings hold the same certificates and keys. */
export function isSameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  const same = (left: Buffer | undefined, right: Buffer | undefined): boolean =>
    left === undefined || right === undefined ? left === right : left.equals(right);
  return (
    same(one.cert, other.cert) &&
    same(one.key, other.key) &&
    same(one.ca, other.ca) &&
    one.passphrase === other.passphrase
  );
}
