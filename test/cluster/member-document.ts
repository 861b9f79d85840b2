// The configuration file of a member, as a user would write it for Patroni: etcd3, passwords, pg_hba with scram
// over loopback, callbacks that write down what they were called with.

import { join } from 'node:path';

/** A value of a YAML document. */
export type Yaml = null | boolean | number | string | readonly Yaml[] | YamlMap;

export interface YamlMap {
  readonly [key: string]: Yaml;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Passwords with what has to be quoted somewhere: in YAML, in SQL, in a password file, in conninfo. They do
 * without `$$`, which Debian's Patroni can't have in one.
 */
export const superuser: Login = { username: 'postgres', password: `s'u"p$e:r\\ %p` };
export const replication: Login = { username: 'replicator', password: `r'e"p$l:\\ %i` };
export const rewind: Login = { username: 'rewind_user', password: `re'w"i$n:\\ %d` };

/** The dynamic configuration of scenarios: the smallest times Patroni allows. */
export const quickTimings: YamlMap = { ttl: 20, loop_wait: 1, retry_timeout: 3 };

/** Settings of a cluster that is thrown away: no disk is waited for. */
export const carelessParameters: YamlMap = {
  fsync: 'off',
  full_page_writes: 'on',
  shared_buffers: '16MB',
};

export interface MemberPlace {
  readonly name: string;
  readonly scope: string;
  readonly host: string;
  readonly postgresPort: number;
  readonly restPort: number;
  /** Of the member: its configuration, logs and data directory are in it. */
  readonly directory: string;
  readonly binDirectory: string;
  readonly etcd: string;
}

const callbackNames = ['on_reload', 'on_restart', 'on_role_change', 'on_start', 'on_stop'] as const;

export function dataDirectoryOf(place: MemberPlace): string {
  return join(place.directory, 'data');
}

function callbacks(place: MemberPlace): YamlMap {
  const script = join(place.directory, 'callback.sh');
  return Object.fromEntries(callbackNames.map((name) => [name, script]));
}

function postgresql(place: MemberPlace): YamlMap {
  const scram = ['local all all trust'];
  for (const database of ['all', 'replication']) {
    scram.push(`host ${database} all 127.0.0.0/8 scram-sha-256`);
  }
  const address = `${place.host}:${place.postgresPort}`;
  return {
    listen: address,
    connect_address: address,
    data_dir: dataDirectoryOf(place),
    bin_dir: place.binDirectory,
    pgpass: join(place.directory, 'pgpass'),
    authentication: {
      superuser: { ...superuser },
      replication: { ...replication },
      rewind: { ...rewind },
    },
    callbacks: callbacks(place),
    pg_hba: scram,
    basebackup: [{ checkpoint: 'fast' }],
    parameters: {
      unix_socket_directories: place.directory,
      logging_collector: 'on',
      log_directory: place.directory,
      log_filename: 'postgresql.log',
      log_line_prefix: '%m [%p] ',
      password_encryption: 'scram-sha-256',
    },
  };
}

/** The usual file; what a scenario wants otherwise is merged over it. */
export function memberDocument(place: MemberPlace, dynamic: YamlMap): YamlMap {
  const rest = `${place.host}:${place.restPort}`;
  return {
    scope: place.scope,
    name: place.name,
    restapi: { listen: rest, connect_address: rest },
    etcd3: { host: place.etcd },
    bootstrap: {
      dcs: dynamic,
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
    },
    postgresql: postgresql(place),
    tags: {},
  };
}

/** The script behind every callback: a line `ACTION ROLE SCOPE` in callback.log. */
export function callbackScript(place: MemberPlace): string {
  return `#!/bin/sh\necho "$1 $2 $3" >> '${join(place.directory, 'callback.log')}'\n`;
}

function isMap(value: Yaml | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Merges as Patroni merges a change: maps into each other, null deletes, everything else replaces. */
export function merged(base: YamlMap, change: YamlMap): YamlMap {
  const result: Record<string, Yaml> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const before = result[key];
    if (value === null) delete result[key];
    else if (isMap(value)) result[key] = merged(isMap(before) ? before : {}, value);
    else result[key] = value;
  }
  return result;
}
