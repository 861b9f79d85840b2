// A certificate authority of a test's own, and certificates it signs, made by openssl.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly certfile: string;
  readonly keyfile: string;
}

export interface Authority {
  readonly cafile: string;
  /** For 127.0.0.1. With a password its key is encrypted. */
  issue(name: string, password?: string): Certificate;
  remove(): void;
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'rest-tls-'));
  const path = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const files = ['-keyout', path('ca.key'), '-out', path('ca.crt')];
  openssl('req', '-x509', '-nodes', ...key, ...files, '-subj', '/CN=test authority', '-days', '2');
  let serial = 1;
  return {
    cafile: path('ca.crt'),
    issue: (name, password) => {
      const at = (ending: string): string => path(`${name}-${serial}.${ending}`);
      const request = ['-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${name}`];
      if (password === undefined) openssl('req', '-nodes', ...key, ...request);
      else {
        // Read from a file: what stands in arguments is seen by everybody on the machine.
        writeFileSync(at('pass'), password, { mode: 0o600 });
        openssl('req', ...key, ...request, '-passout', `file:${at('pass')}`);
      }
      writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1\n');
      const signer = ['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-set_serial', `${serial}`];
      const signed = ['-in', at('csr'), '-out', at('crt'), '-extfile', at('ext'), '-days', '2'];
      openssl('x509', '-req', ...signer, ...signed);
      const certificate = { certfile: at('crt'), keyfile: at('key') };
      serial += 1;
      return certificate;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
