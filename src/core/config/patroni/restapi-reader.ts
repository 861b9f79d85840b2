// Reads the sections `restapi` and `ctl`: how the agent is reached, and how it calls its peers.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { readAccount } from './account-reader.ts';
import type { CtlConfig, RestApiConfig } from './agent-config.ts';
import { readHostPort } from './host-port.ts';
import { section, textFields, textOf, textsOf } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';

/** Where the API listens when the file says nothing usable; such a file is refused before. */
const listenDefault = { host: '127.0.0.1', port: 8008 } as const;

function readVerifyClient(restapi: JsonObject): RestApiConfig['verifyClient'] {
  const word = textOf(restapi['verify_client'])?.toLowerCase();
  return word === 'optional' || word === 'required' ? word : 'none';
}

export function readRestApi(file: JsonObject): RestApiConfig {
  const restapi = section(file, 'restapi');
  const text = (name: string): string | null => textOf(restapi[name]);
  const listen = readHostPort(text('listen') ?? '', null) ?? listenDefault;
  const certfile = text('certfile');
  return {
    listen,
    connectAddress: readHostPort(text('connect_address') ?? '', listen.port) ?? listen,
    protocol: certfile === null ? 'http' : 'https',
    authentication: readAccount(restapi),
    certfile,
    keyfile: text('keyfile'),
    keyfilePassword: text('keyfile_password'),
    cafile: text('cafile'),
    ciphers: text('ciphers'),
    verifyClient: readVerifyClient(restapi),
    allowlist: textsOf(restapi['allowlist']) ?? [],
    isAllowlistIncludingMembers: readBoolean(restapi['allowlist_include_members']) === true,
    httpExtraHeaders: textFields(restapi['http_extra_headers']),
    httpsExtraHeaders: textFields(restapi['https_extra_headers']),
    requestQueueSize: readInteger(restapi['request_queue_size']) ?? 5,
    serverTokens: text('server_tokens') ?? 'original',
  };
}

/** What `ctl` does not say is taken from `restapi`, as all members are set up alike. */
export function readCtl(file: JsonObject): CtlConfig {
  const ctl = section(file, 'ctl');
  const restapi = section(file, 'restapi');
  // A key belongs to its certificate, so all three come from the same section.
  const ownCertificate = textOf(ctl['certfile']) === null ? restapi : ctl;
  return {
    authentication: readAccount(ctl) ?? readAccount(restapi),
    isInsecure: readBoolean(ctl['insecure']) === true,
    cacert: textOf(ctl['cacert']) ?? textOf(restapi['cafile']),
    certfile: textOf(ownCertificate['certfile']),
    keyfile: textOf(ownCertificate['keyfile']),
    keyfilePassword: textOf(ownCertificate['keyfile_password']),
  };
}
