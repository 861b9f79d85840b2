// job-cache.conf and the drop-in of salt-master.service, read back as Salt and systemd read them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  masterDropIn,
  masterFile,
  type MasterInputs,
  masterKeys,
} from '#salt-job-cache/hooks/master-config.ts';
import { machinePlaceOf } from '#salt-job-cache/machine/place.ts';
import {
  largestMessageOf,
  parseServiceConfig,
} from '#salt-job-cache/src/service/service-config.ts';
import { masterIdOf, serviceText } from '#salt-job-cache/hooks/service-text.ts';
import { readSettings } from '#salt-job-cache/hooks/settings.ts';
import { configDefaults } from '#salt-job-cache/hooks/charm-files.gen.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';

const usual: MasterInputs = {
  unit: 'salt-job-cache/0',
  servers: [{ host: '10.0.3.10', port: '5432' }],
  database: 'salt',
  user: 'juju_cache',
  password: 'OpenSesame17',
  sslMode: null,
  settings: {
    keepJobsSeconds: 3600,
    recordEvents: false,
    eventTags: [],
    ingestEvents: false,
    masterJobCache: true,
    compatibleRows: false,
    spoolLimitBytes: 4096 * 1024 * 1024,
  },
};

type Change = Partial<MasterInputs['settings']>;

function inputs(change: Partial<MasterInputs>, settings: Change = {}): MasterInputs {
  return { ...usual, ...change, settings: { ...usual.settings, ...settings } };
}

function read(given: MasterInputs): Readonly<Record<string, unknown>> {
  return parse(masterFile(given)) as Readonly<Record<string, unknown>>;
}

const postgres = {
  'master_job_cache.postgres.user': 'juju_cache',
  'master_job_cache.postgres.passwd': 'OpenSesame17',
  'master_job_cache.postgres.db': 'salt',
  'master_job_cache.postgres.host': '10.0.3.10',
  'master_job_cache.postgres.port': 5432,
};

test("Salt's own returner finds all five of its keys, and the master its job cache", () => {
  assert.deepEqual(read(usual), {
    master_job_cache: 'postgres_local_cache',
    keep_jobs_seconds: 3600,
    ...postgres,
  });
});

test('where the service records, the master stores no return, and no event a second time', () => {
  const given = inputs({}, { ingestEvents: true, recordEvents: true });

  assert.deepEqual(read(given), {
    master_job_cache: 'postgres_local_cache',
    job_cache: false,
    max_event_size: 128 * 1024 * 1024 - 64 * 1024,
    keep_jobs_seconds: 3600,
    ...postgres,
  });
});

test('a master that is not to ask the database at all keeps the keys its readers need', () => {
  const given = inputs({}, { ingestEvents: true, masterJobCache: false });

  const { max_event_size: _, ...keys } = read(given);
  assert.deepEqual(keys, { job_cache: false, keep_jobs_seconds: 3600, ...postgres });
});

test('the master trims no event that the service would take, and none larger is asked for', () => {
  const small = inputs({}, { ingestEvents: true, spoolLimitBytes: 64 * 1024 * 1024 });

  const size = Number(read(small)['max_event_size']);

  assert.ok(size < largestMessageOf(small.settings.spoolLimitBytes));
  assert.ok(size > 7 * 1024 * 1024);
});

test('events are recorded many at a time, those that are wanted', () => {
  const found = read(inputs({}, { recordEvents: true, eventTags: ['salt/job/*', '*'] }));

  assert.equal(found['event_return'], 'postgres_local_cache');
  assert.deepEqual(found['event_return_whitelist'], ['salt/job/*', '*']);
  assert.ok(Number(found['event_return_queue']) > 1);
});

test('several servers are a list as libpq takes it, and only then the environment says which to take', () => {
  const servers = [
    { host: '10.0.3.11', port: '5432' },
    { host: 'fd00::1', port: '5433' },
  ];
  const given = inputs({ servers, sslMode: 'verify-full' });

  assert.equal(read(given)['master_job_cache.postgres.host'], '10.0.3.11,fd00::1');
  assert.equal(read(given)['master_job_cache.postgres.port'], '5432,5433');
  assert.match(masterDropIn(given), /^Environment=PGTARGETSESSIONATTRS=read-write$/m);
  assert.match(masterDropIn(given), /^Environment=PGSSLMODE=verify-full$/m);
  assert.doesNotMatch(masterDropIn(usual), /PGTARGETSESSIONATTRS|PGSSLMODE/);
  assert.match(masterDropIn(usual), /^\[Service\]\nEnvironment=PGCONNECT_TIMEOUT=5$/m);
  assert.ok(!masterDropIn(given).includes(given.password));
});

test('another order of the servers is no other configuration, another password is', () => {
  const servers = [...usual.servers, { host: '10.0.3.11', port: '5432' }];

  assert.deepEqual(masterKeys(inputs({ servers })), masterKeys(usual));
  assert.notDeepEqual(masterKeys(inputs({ password: 'other' })), masterKeys(usual));
});

const texts = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.toWellFormed()),
  fc.constantFrom(
    'yes',
    '0x10',
    '1_000',
    "'",
    '"',
    '\\',
    ': #',
    '- a',
    '{{ pillar }}',
    '\u0085',
    '~',
  ),
);

test('any name and any password comes back as it was', () => {
  fc.assert(
    fc.property(texts, texts, texts, (user, password, database) => {
      const found = read(inputs({ user, password, database }));
      assert.equal(found['master_job_cache.postgres.user'], user);
      assert.equal(found['master_job_cache.postgres.passwd'], password);
      assert.equal(found['master_job_cache.postgres.db'], database);
    }),
  );
});

const saltPython = process.env['SALT_PYTHON'];

test("Salt's own parser reads what was written", { skip: saltPython === undefined }, () => {
  const program =
    'import sys, json, salt.utils.yaml\n' +
    'print(json.dumps([salt.utils.yaml.safe_load(text) for text in json.load(sys.stdin)]))';
  const passwords = fc.sample(texts, 200);
  const files = passwords.map((password) => masterFile(inputs({ password })));

  const done = spawnSync(saltPython ?? '', ['-c', program], {
    input: JSON.stringify(files),
    encoding: 'utf8',
  });

  assert.equal(done.status, 0, done.stderr);
  const read = JSON.parse(done.stdout) as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual(
    read.map((file) => file['master_job_cache.postgres.passwd']),
    passwords,
  );
});

test('the service reads the configuration the charm writes for it', () => {
  const place = machinePlaceOf('/var/lib/juju/agents/unit-cache-0/charm', 'cache/0');
  const options = { 'ingest-events': true, 'record-events': true, 'event-tags': 'salt/job/*' };
  const settings = readSettings({ ...configDefaults, ...options });
  assert.ok(settings.kind === 'settings');
  const master = new ConnectionString({
    host: 'b',
    port: '5432',
    dbname: 'salt',
    user: 'u',
    password: "it's",
    sslmode: 'require',
  });
  const text = (hosts: readonly string[]): string =>
    serviceText({
      place,
      settings: settings.settings,
      servers: hosts.map((host) => ({ host, port: '5432' })),
      master,
      hostName: 'salt1',
    });

  const config = parseServiceConfig(text(['b', 'a']));

  const target = ConnectionString.parse(config.connection);
  assert.equal(target.host, 'a,b');
  assert.equal(target.port, '5432');
  assert.equal(target.password, "it's");
  assert.equal(target.get('sslmode'), 'require');
  assert.equal(config.masterId, 'salt1_master');
  assert.deepEqual(config.ingest, {
    socket: '/var/run/salt/master/master_event_pub.ipc',
    spool: place.spool,
    spoolLimitBytes: 4096 * 1024 * 1024,
    events: { allow: ['salt/job/*'], deny: [] },
  });
  assert.equal(text(['a', 'b']), text(['b', 'a']), 'a failover is no other configuration');
  assert.equal(masterIdOf({ masterId: 'm' }, 'salt1'), 'm');
});
