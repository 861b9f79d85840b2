// The order in which configurations are merged, and what of each does not count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import { patchConfig } from '#core/config/patroni/patch-config.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';

interface Sources {
  readonly file?: JsonObject;
  readonly environment?: JsonObject;
  readonly dynamic?: JsonObject | null;
}

function merge({ file = {}, environment = {}, dynamic = {} }: Sources): AgentConfig {
  return buildAgentConfig({ file, environment, dynamic, homeDirectory: '/home/pg' }).config;
}

test('each source wins over those before it', () => {
  const dynamic = { postgresql: { pg_ctl_timeout: 1, parameters: { work_mem: '1MB' } } };
  const file = {
    log: { level: 'debug' },
    postgresql: { pg_ctl_timeout: 2, parameters: { WORK_MEM: '2MB' } },
  };
  const environment = { log: { level: 'warning' }, postgresql: { bin_dir: '/env' } };

  assert.equal(merge({}).postgresql.pgCtlTimeoutSeconds, 60);
  assert.equal(merge({ dynamic }).postgresql.pgCtlTimeoutSeconds, 1);
  assert.equal(merge({ dynamic, file }).postgresql.pgCtlTimeoutSeconds, 2);
  assert.equal(merge({ dynamic, file }).postgresql.parameters['work_mem'], '2MB');
  assert.equal(merge({ dynamic, file }).log.level, 'DEBUG');
  const config = merge({ dynamic, file, environment });
  assert.equal(config.log.level, 'WARNING');
  assert.equal(config.postgresql.binDir, '/env');
  assert.equal(config.postgresql.pgCtlTimeoutSeconds, 2);
});

test('parameters of the command line come from the dynamic configuration only', () => {
  const config = merge({
    dynamic: { postgresql: { parameters: { max_connections: 200, port: 1 } } },
    file: {
      postgresql: {
        listen: '10.0.0.1:5433',
        parameters: { max_connections: 300, Max_Wal_Senders: 99, shared_buffers: '1GB' },
      },
    },
  });

  assert.deepEqual(config.postgresql.parameters, {
    wal_level: 'replica',
    hot_standby: 'on',
    max_connections: 200,
    max_wal_senders: '10',
    max_prepared_transactions: '0',
    max_locks_per_transaction: '64',
    track_commit_timestamp: 'off',
    max_replication_slots: '10',
    max_worker_processes: '8',
    wal_log_hints: 'on',
    shared_buffers: '1GB',
  });
});

test('a value no cluster could work with is left out with a warning', () => {
  const { config, warnings } = buildAgentConfig({
    file: {},
    environment: {},
    dynamic: {
      postgresql: {
        parameters: { max_connections: 5, wal_level: 'minimal', wal_keep_size: '1MB' },
      },
    },
    homeDirectory: '/home/pg',
  });

  assert.deepEqual(warnings, [
    'postgresql parameter max_connections=5 failed validation, defaulting to 100',
    'postgresql parameter wal_level=minimal failed validation, defaulting to replica',
    'postgresql parameter wal_keep_size=1MB failed validation, defaulting to 128MB',
  ]);
  assert.equal(config.postgresql.parameters['max_connections'], '100');
});

test('what one member decides for itself is ignored in the dynamic configuration', () => {
  const postgresql = {
    listen: '0.0.0.0:1',
    connect_address: '9.9.9.9:1',
    proxy_address: '9.9.9.9:2',
    data_dir: '/elsewhere',
    config_dir: '/elsewhere',
    pgpass: '/elsewhere',
    authentication: { superuser: { username: 'mallory', password: 'x' } },
  };

  assert.deepEqual(merge({ dynamic: { postgresql } }).postgresql, merge({}).postgresql);
});

test('the dynamic settings do not come from the file', () => {
  const config = merge({ file: { ttl: 99, synchronous_mode: true, pause: true } });

  assert.equal(config.global.ttlSeconds, 30);
  assert.equal(config.global.synchronousMode, 'off');
  assert.equal(config.global.isPaused, false);
});

test('bootstrap.dcs counts until the store has a configuration', () => {
  const file = { bootstrap: { dcs: { ttl: 60 } } };

  assert.equal(merge({ file, dynamic: null }).global.ttlSeconds, 60);
  assert.equal(merge({ file, dynamic: {} }).global.ttlSeconds, 30);
});

test('sections are read into their types', () => {
  const config = merge({
    file: {
      name: 'pg-1',
      scope: 'main',
      restapi: {
        listen: '[::1]:8008',
        connect_address: '10.0.0.1:8009',
        certfile: '/cert',
        authentication: { username: 'u', password: 12 },
        allowlist: ['10.0.0.0/8'],
      },
      etcd3: { hosts: 'a:1,b', username: 'root', password: 'p' },
      watchdog: { mode: false },
      tags: { nofailover: true },
      postgresql: {
        listen: '127.0.0.1,10.0.0.1:5433',
        data_dir: '/data',
        authentication: {
          superuser: { username: 'postgres', password: "a'$$%\n", sslmode: 'require' },
          replication: { username: 'rep', password: '' },
        },
        create_replica_methods: ['backup', 'basebackup'],
        backup: { command: '/bin/x', no_leader: true },
        basebackup: ['verbose', { 'max-rate': '10M' }],
      },
      bootstrap: { method: 'pitr', pitr: { command: '/bin/y' }, initdb: ['data-checksums'] },
    },
  });

  assert.deepEqual(config.restapi.listen, { host: '::1', port: 8008 });
  assert.equal(config.restapi.protocol, 'https');
  assert.deepEqual(config.ctl.authentication, { username: 'u', password: '12' });
  assert.equal(config.ctl.certfile, '/cert');
  assert.deepEqual(config.etcd.hosts, [
    { host: 'a', port: 1 },
    { host: 'b', port: 2379 },
  ]);
  assert.equal(config.watchdog.mode, 'off');
  assert.equal(config.tags.failoverPriority, 0);
  const { postgresql, bootstrap } = config;
  assert.deepEqual(postgresql.connectAddress, { host: '127.0.0.1', port: 5433 });
  assert.deepEqual(postgresql.superuser, {
    username: 'postgres',
    password: "a'$$%\n",
    connection: { sslmode: 'require' },
  });
  assert.equal(postgresql.replication.password, null);
  assert.deepEqual(postgresql.rewind, postgresql.superuser);
  assert.equal(postgresql.configDir, '/data');
  assert.equal(postgresql.pgpass, '/home/pg/pgpass');
  assert.deepEqual(postgresql.methods['backup'], { command: '/bin/x', no_leader: true });
  assert.deepEqual(postgresql.basebackup, ['verbose', { 'max-rate': '10M' }]);
  assert.deepEqual(bootstrap?.methods, { pitr: { command: '/bin/y' } });
  assert.equal(merge({}).bootstrap, null);
});

test('etcd is found by hosts, host, url or proxy', () => {
  const etcd = (etcd3: JsonObject) => merge({ file: { etcd3 } }).etcd;

  assert.deepEqual(etcd({ host: '10.0.0.1' }).hosts, [{ host: '10.0.0.1', port: 2379 }]);
  assert.deepEqual(etcd({ host: 'h', port: 23 }).hosts, [{ host: 'h', port: 23 }]);
  assert.deepEqual(etcd({ hosts: ['a:1', '[::1]:2'] }).hosts, [
    { host: 'a', port: 1 },
    { host: '::1', port: 2 },
  ]);
  const url = etcd({ url: 'https://me:p%40ss@etcd.example:1/' });
  assert.deepEqual(
    [url.protocol, url.username, url.password, url.isUsingProxies],
    ['https', 'me', 'p@ss', false],
  );
  assert.deepEqual(etcd({ proxy: 'http://p:1' }).isUsingProxies, true);
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
const keys = fc.constantFrom('a', 'b', 'c', 'd');
const objects = fc.dictionary(keys, json, { maxKeys: 4, noNullPrototype: true });

/** Null takes away a key that is there; within a mapping that is new it stays, as in Patroni. */
function hasInnerNull(value: JsonValue): boolean {
  return (
    value === null ||
    (typeof value === 'object' && Object.values(value).some((each) => hasInnerNull(each)))
  );
}

test('a patch laid over twice changes nothing the second time', () => {
  fc.assert(
    fc.property(objects, objects, (base, patch) => {
      fc.pre(!Object.values(patch).some((value) => value !== null && hasInnerNull(value)));
      const once = patchConfig(base, patch);
      assert.deepEqual(patchConfig(once, patch), once);
    }),
  );
});

test('an empty patch changes nothing, and neither side of a patch is changed', () => {
  fc.assert(
    fc.property(objects, objects, (base, patch) => {
      const before = JSON.stringify([base, patch]);
      assert.deepEqual(patchConfig(base, {}), base);
      patchConfig(base, patch);
      assert.equal(JSON.stringify([base, patch]), before);
    }),
  );
});

test('every scalar of the last source is in the result', () => {
  fc.assert(
    fc.property(objects, objects, objects, (defaults, file, environment) => {
      const merged = patchConfig(patchConfig(defaults, file), environment);
      for (const [key, value] of Object.entries(environment)) {
        if (value === null) assert.ok(!(key in merged));
        else if (typeof value !== 'object') assert.equal(merged[key], value);
      }
    }),
  );
});

test('any configuration at all gives a configuration', () => {
  const sections = fc.constantFrom(
    'name',
    'restapi',
    'postgresql',
    'bootstrap',
    'etcd3',
    'log',
    'tags',
    'watchdog',
    'ctl',
  );
  const files = fc.dictionary(sections, json);
  fc.assert(
    fc.property(files, files, objects, (file, environment, dynamic) => {
      const config = merge({ file, environment, dynamic });
      assert.ok(config.global.ttlSeconds > 0);
    }),
  );
});
