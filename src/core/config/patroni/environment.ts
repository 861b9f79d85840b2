// Reads the PATRONI_* variables into the shape of the configuration file. Texts stay texts: only what the
// file has as a number, a boolean, a list or a mapping is read as one.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { credentialParameters } from './defaults.ts';
import { EnvironmentReader } from './environment-reader.ts';
import type { ValueKind, Variables, YamlReader } from './environment-reader.ts';
import { storeVariables } from './store-variables.ts';

export interface ReadEnvironment {
  readonly config: JsonObject;
  /** A sentence for each variable that could not be read; it holds no value. */
  readonly warnings: readonly string[];
}

/** The variables of each section that are not texts, by the name after PATRONI_<SECTION>_. */
const sections: ReadonlyMap<string, Readonly<Record<string, ValueKind>>> = new Map([
  [
    'restapi',
    {
      listen: 'text',
      connect_address: 'text',
      certfile: 'text',
      keyfile: 'text',
      keyfile_password: 'text',
      cafile: 'text',
      ciphers: 'text',
      verify_client: 'text',
      http_extra_headers: 'mapping',
      https_extra_headers: 'mapping',
      allowlist: 'list',
      allowlist_include_members: 'boolean',
      request_queue_size: 'integer',
      server_tokens: 'text',
      thread_pool_size: 'integer',
    },
  ],
  [
    'ctl',
    {
      insecure: 'boolean',
      cacert: 'text',
      certfile: 'text',
      keyfile: 'text',
      keyfile_password: 'text',
    },
  ],
  [
    'postgresql',
    {
      listen: 'text',
      connect_address: 'text',
      proxy_address: 'text',
      config_dir: 'text',
      data_dir: 'text',
      pgpass: 'text',
      bin_dir: 'text',
    },
  ],
  [
    'log',
    {
      type: 'text',
      level: 'text',
      traceback_level: 'text',
      format: 'text',
      dateformat: 'text',
      static_fields: 'mapping',
      max_queue_size: 'integer',
      dir: 'text',
      file_num: 'integer',
      file_size: 'integer',
      mode: 'integer',
      loggers: 'mapping',
      deduplicate_heartbeat_logs: 'boolean',
    },
  ],
]);

/** Programs whose names can be set, as PATRONI_POSTGRESQL_BIN_<NAME>. */
const programs = [
  'pg_ctl',
  'initdb',
  'pg_controldata',
  'pg_basebackup',
  'postgres',
  'pg_isready',
  'pg_rewind',
];

/** Old names of PATRONI_LOG_*. */
const logAliases: Readonly<Record<string, string>> = {
  LOG_LEVEL: 'LOGLEVEL',
  LOG_FORMAT: 'LOGFORMAT',
  LOG_DATEFORMAT: 'LOG_DATEFMT',
};

function readSection(
  reader: EnvironmentReader,
  prefix: string,
  kinds: Readonly<Record<string, ValueKind>>,
): Map<string, JsonValue> {
  const read = new Map<string, JsonValue>();
  for (const [name, kind] of Object.entries(kinds)) {
    const value = reader.value(`${prefix}_${name.toUpperCase()}`, kind);
    if (value !== undefined) read.set(name, value);
  }
  return read;
}

function readTexts(
  reader: EnvironmentReader,
  prefix: string,
  names: readonly string[],
): Map<string, JsonValue> {
  return readSection(reader, prefix, Object.fromEntries(names.map((name) => [name, 'text'])));
}

function readPostgresql(reader: EnvironmentReader, read: Map<string, JsonValue>): void {
  const binName = readTexts(reader, 'POSTGRESQL_BIN', programs);
  if (binName.size > 0) read.set('bin_name', Object.fromEntries(binName));
  const authentication = new Map<string, JsonValue>();
  for (const user of ['replication', 'superuser', 'rewind']) {
    const names = ['username', 'password', ...credentialParameters];
    const credentials = readTexts(reader, user.toUpperCase(), names);
    if (credentials.size > 0) authentication.set(user, Object.fromEntries(credentials));
  }
  if (authentication.size > 0) read.set('authentication', Object.fromEntries(authentication));
}

function readLogAliases(reader: EnvironmentReader, read: Map<string, JsonValue>): void {
  for (const [name, alias] of Object.entries(logAliases)) {
    const key = name.slice('LOG_'.length).toLowerCase();
    const value = reader.text(alias);
    if (value !== undefined && !read.has(key)) read.set(key, value);
  }
}

/** The variables as a configuration, to be laid over the file's. */
export function readEnvironment(variables: Variables, readYaml: YamlReader): ReadEnvironment {
  const reader = new EnvironmentReader(variables, readYaml);
  const config = new Map<string, JsonValue>();
  for (const name of ['name', 'namespace', 'scope']) {
    const value = reader.text(name.toUpperCase());
    if (value !== undefined) config.set(name, value);
  }
  for (const [name, kinds] of sections) {
    const read = readSection(reader, name.toUpperCase(), kinds);
    if (name === 'postgresql') readPostgresql(reader, read);
    if (name === 'log') readLogAliases(reader, read);
    if (name === 'restapi' || name === 'ctl') {
      const account = readTexts(reader, name.toUpperCase(), ['username', 'password']);
      if (account.size > 0) read.set('authentication', Object.fromEntries(account));
    }
    if (read.size > 0) config.set(name, Object.fromEntries(read));
  }
  for (const [name, read] of storeVariables(reader)) config.set(name, read);
  return { config: Object.fromEntries(config), warnings: reader.warnings };
}
