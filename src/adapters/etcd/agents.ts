// Connections to etcd that are kept for the next request, with TLS as the section `etcd3` says.

import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { errorCode } from '#adapters/files/error-code.ts';
import { nodeHttps } from '#adapters/net/lazy-tls.ts';
import type { Agents } from './http-exchange.ts';

export interface TlsFiles {
  readonly cacert: string | null;
  readonly cert: string | null;
  /** May be in the file of the certificate. */
  readonly key: string | null;
}

/** Keeps a dead peer from being waited for: the kernel asks after this much silence. */
const keepAliveMs = 5000;

/** Reads the files. The server's certificate is verified where there is a CA to verify it by, as in Patroni. */
export async function createAgents({ cacert, cert, key }: TlsFiles): Promise<Agents> {
  const common = { keepAlive: true, keepAliveMsecs: keepAliveMs };
  const keyFile = key ?? cert;
  const [ca, certificate, privateKey] = await Promise.all([
    cacert === null ? null : readSetting('cacert', cacert),
    cert === null ? null : readSetting('cert', cert),
    keyFile === null ? null : readSetting('key', keyFile),
  ]);
  const http = new HttpAgent(common);
  let https: HttpsAgent | null = null;
  return {
    http,
    get https() {
      const { Agent } = nodeHttps();
      https ??= new Agent({
        ...common,
        rejectUnauthorized: ca !== null,
        ...(ca === null ? {} : { ca }),
        ...(certificate === null ? {} : { cert: certificate }),
        ...(privateKey === null ? {} : { key: privateKey }),
      });
      return https;
    },
    destroy() {
      http.destroy();
      https?.destroy();
    },
  };
}

async function readSetting(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`can not read etcd3.${setting} '${path}' (${errorCode(error)})`, {
      cause: error,
    });
  }
}
