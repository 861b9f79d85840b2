// Reads the section `postgresql`, which by now is merged from the defaults, the dynamic configuration, the
// file and the environment.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { readCredentials } from './account-reader.ts';
import type { PostgresqlConfig } from './agent-config.ts';
import { postgresqlPort } from './defaults.ts';
import { isWildcard, readHostPort } from './host-port.ts';
import { isJsonList, isJsonObject, section, textFields, textOf, textsOf } from './json-fields.ts';
import { postgresqlKeys } from './known-keys.ts';
import { readBoolean, readInteger } from './read-value.ts';

/** Options of a program: a mapping, or a list of names and mappings. */
function readOptions(value: JsonValue | undefined): JsonObject | readonly (string | JsonObject)[] {
  if (isJsonObject(value)) return value;
  if (!isJsonList(value)) return {};
  return value
    .map((option) => (isJsonObject(option) ? option : textOf(option)))
    .filter((option) => option !== null);
}

function readMethods(postgresql: JsonObject): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    Object.entries(postgresql).filter(
      (entry): entry is [string, JsonObject] =>
        !postgresqlKeys.has(entry[0]) && isJsonObject(entry[1]),
    ),
  );
}

/** Where others reach the server: as configured, else where it listens. */
function readAddresses(
  postgresql: JsonObject,
): Pick<PostgresqlConfig, 'listen' | 'connectAddress' | 'proxyAddress'> {
  const listen = readHostPort(textOf(postgresql['listen']) ?? '', postgresqlPort) ?? {
    host: 'localhost',
    port: postgresqlPort,
  };
  const [first = 'localhost'] = listen.host.split(',');
  return {
    listen,
    connectAddress: readHostPort(textOf(postgresql['connect_address']) ?? '', listen.port) ?? {
      host: isWildcard(first) ? 'localhost' : first,
      port: listen.port,
    },
    proxyAddress: textOf(postgresql['proxy_address']),
  };
}

function byRole<Value>(
  read: (suffix: string) => Value,
): Readonly<Record<'primary' | 'replica' | 'standby_leader', Value>> {
  return {
    primary: read('primary'),
    replica: read('replica'),
    standby_leader: read('standby_leader'),
  };
}

/** `homeDirectory` is where the password file goes that nobody named. */
export function readPostgresql(postgresql: JsonObject, homeDirectory: string): PostgresqlConfig {
  const text = (name: string): string | null => textOf(postgresql[name]);
  const isOn = (name: string): boolean => readBoolean(postgresql[name]) === true;
  const authentication = section(postgresql, 'authentication');
  const superuser = readCredentials(section(authentication, 'superuser'));
  const dataDir = text('data_dir') ?? '';
  const krbsrvname = text('krbsrvname');
  return {
    ...readAddresses(postgresql),
    dataDir,
    configDir: text('config_dir') ?? dataDir,
    binDir: text('bin_dir') ?? '',
    binName: textFields(postgresql['bin_name']),
    pgpass: text('pgpass') ?? `${homeDirectory}/pgpass`,
    isUsingUnixSocket: isOn('use_unix_socket'),
    isUsingUnixSocketRepl: isOn('use_unix_socket_repl'),
    database: text('database') ?? 'postgres',
    superuser,
    replication: readCredentials(section(authentication, 'replication')),
    // Who has no user of its own for it rewinds as the superuser.
    rewind: isJsonObject(authentication['rewind'])
      ? readCredentials(authentication['rewind'])
      : superuser,
    parameters: section(postgresql, 'parameters'),
    parametersByRole: byRole((role) => section(postgresql, `parameters_${role}`)),
    pgHba: textsOf(postgresql['pg_hba']),
    pgHbaByRole: byRole((role) => textsOf(postgresql[`pg_hba_${role}`])),
    pgIdent: textsOf(postgresql['pg_ident']),
    recoveryConf: section(postgresql, 'recovery_conf'),
    customConf: text('custom_conf'),
    pgCtlTimeoutSeconds: readInteger(postgresql['pg_ctl_timeout'], 's') ?? 60,
    createReplicaMethods: textsOf(
      postgresql['create_replica_methods'] ?? postgresql['create_replica_method'],
    ) ?? ['basebackup'],
    methods: readMethods(postgresql),
    basebackup: readOptions(postgresql['basebackup']),
    rewindOptions: readOptions(postgresql['rewind']),
    callbacks: textFields(postgresql['callbacks']),
    prePromote: text('pre_promote'),
    beforeStop: text('before_stop'),
    ...(krbsrvname === null ? {} : { krbsrvname }),
  };
}
