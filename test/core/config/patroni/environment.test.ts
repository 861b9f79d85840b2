// The PATRONI_* variables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from '#core/config/patroni/environment.ts';
import { parseYaml } from '#agent/config/parse-yaml.ts';

function read(variables: Readonly<Record<string, string>>) {
  return readEnvironment(variables, (text) => {
    const parsed = parseYaml(text);
    return parsed.kind === 'value' ? parsed.value : undefined;
  });
}

test('variables have the shape of the file', () => {
  const { config, warnings } = read({
    PATRONI_NAME: 'pg-1',
    PATRONI_SCOPE: 'main',
    PATRONI_NAMESPACE: '/db',
    PATRONI_RESTAPI_LISTEN: '0.0.0.0:8008',
    PATRONI_RESTAPI_USERNAME: 'admin',
    PATRONI_RESTAPI_PASSWORD: 'off',
    PATRONI_RESTAPI_ALLOWLIST: '10.0.0.0/8,192.168.0.1',
    PATRONI_RESTAPI_ALLOWLIST_INCLUDE_MEMBERS: 'yes',
    PATRONI_RESTAPI_HTTP_EXTRA_HEADERS: 'X-A: b, X-C: d',
    PATRONI_CTL_INSECURE: 'false',
    PATRONI_POSTGRESQL_LISTEN: '*:5432',
    PATRONI_POSTGRESQL_DATA_DIR: '/data',
    PATRONI_POSTGRESQL_BIN_PG_CTL: 'pg_ctl15',
    PATRONI_REPLICATION_USERNAME: 'rep',
    PATRONI_REPLICATION_PASSWORD: '0123',
    PATRONI_REPLICATION_SSLMODE: 'verify-full',
    PATRONI_SUPERUSER_USERNAME: 'postgres',
    PATRONI_SUPERUSER_PASSWORD: 'a\'b"c$$d%e\nf',
    PATRONI_REWIND_USERNAME: 'rewind',
    PATRONI_LOG_LEVEL: 'DEBUG',
    PATRONI_LOG_MODE: '0640',
    PATRONI_LOG_LOGGERS: '{patroni.postmaster: WARNING}',
    PATRONI_LOG_STATIC_FIELDS: 'app: pg',
    PATRONI_ETCD3_HOSTS: "'a:2379','b:2379'",
    PATRONI_ETCD3_USERNAME: 'root',
    PATRONI_ETCD3_PASSWORD: '[secret]',
    PATRONI_ETCD3_USE_PROXIES: 'on',
    PATRONI_CITUS_GROUP: '1',
    PATRONI_UNKNOWN: 'x',
    PATH: '/bin',
  });

  assert.deepEqual(warnings, []);
  assert.deepEqual(config, {
    name: 'pg-1',
    scope: 'main',
    namespace: '/db',
    restapi: {
      listen: '0.0.0.0:8008',
      authentication: { username: 'admin', password: 'off' },
      allowlist: ['10.0.0.0/8', '192.168.0.1'],
      allowlist_include_members: true,
      http_extra_headers: { 'X-A': 'b', 'X-C': 'd' },
    },
    ctl: { insecure: false },
    postgresql: {
      listen: '*:5432',
      data_dir: '/data',
      bin_name: { pg_ctl: 'pg_ctl15' },
      authentication: {
        replication: { username: 'rep', password: '0123', sslmode: 'verify-full' },
        superuser: { username: 'postgres', password: 'a\'b"c$$d%e\nf' },
        rewind: { username: 'rewind' },
      },
    },
    log: {
      level: 'DEBUG',
      mode: 0o640,
      loggers: { 'patroni.postmaster': 'WARNING' },
      static_fields: { app: 'pg' },
    },
    etcd3: {
      hosts: ['a:2379', 'b:2379'],
      username: 'root',
      password: '[secret]',
      use_proxies: true,
    },
    citus: { group: 1 },
  });
});

test('lists are read in each of their forms', () => {
  for (const text of ["'a:1','b:2'", 'a:1,b:2', '[a:1, b:2]', '- a:1\n- b:2']) {
    assert.deepEqual(read({ PATRONI_ETCD3_HOSTS: text }).config['etcd3'], {
      hosts: ['a:1', 'b:2'],
    });
  }
});

test('a variable that can not be read is left out and named without its value', () => {
  const { config, warnings } = read({
    PATRONI_CTL_INSECURE: 'hunter2',
    PATRONI_RESTAPI_HTTP_EXTRA_HEADERS: 'Authorization: "hunter2',
    PATRONI_LOG_FILE_NUM: 'hunter2',
  });

  assert.deepEqual(config, {});
  assert.equal(warnings.length, 3);
  for (const warning of warnings) assert.doesNotMatch(warning, /hunter2/u);
});

test('an empty variable counts as none, and old names of the log count', () => {
  assert.deepEqual(read({ PATRONI_NAME: '', PATRONI_LOGLEVEL: 'INFO' }).config, {
    log: { level: 'INFO' },
  });
  assert.deepEqual(read({ PATRONI_LOG_LEVEL: 'DEBUG', PATRONI_LOGLEVEL: 'INFO' }).config, {
    log: { level: 'DEBUG' },
  });
});
