import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ConfigValues, frozenProblems, readSettings } from '#hooks/settings.ts';

const defaults: ConfigValues = {
  version: '',
  port: 5432,
  locale: 'C.UTF-8',
  'max-connections': 100,
  'relation-database-privileges': 'ALL',
  'admin-addresses': '',
  'extra-pg-conf': '',
  'extra-pg-auth': '',
};

test('the defaults of config.yaml are usable as they are', () => {
  const { settings, problems } = readSettings(defaults);

  assert.deepEqual(problems, []);
  assert.deepEqual(settings, {
    version: '',
    port: 5432,
    locale: 'C.UTF-8',
    maxConnections: 100,
    privileges: ['ALL'],
    adminAddresses: [],
    parameters: {},
    extraHba: [],
  });
});

test('each option that can not be used is named with what would be right, and the others still count', () => {
  const cases: readonly (readonly [string, string | number, RegExp])[] = [
    ['port', 70_000, /Cannot use port 70000: set it to a whole number from 1 to 65535/],
    ['port', 0, /Cannot use port 0/],
    ['max-connections', 3, /max-connections 3: set it to a whole number from 20 to 10000/],
    ['version', 'fifteen', /version "fifteen": give a major version/],
    ['version', '9', /give a major version/],
    ['locale', "C'; DROP", /Cannot use locale/],
    ['relation-database-privileges', 'ALL,SUPER', /"SUPER": choose from ALL, CONNECT/],
    ['relation-database-privileges', '', /choose from/],
    ['extra-pg-conf', 'work_mem', /line "work_mem": write name = value/],
    ['extra-pg-conf', 'port = 1', /Cannot set port in extra-pg-conf: the charm decides it/],
    ['extra-pg-conf', 'listen_addresses = *', /Cannot set listen_addresses/],
  ];
  for (const [key, value, expected] of cases) {
    const { settings, problems } = readSettings({
      ...defaults,
      'admin-addresses': '10.0.0.1',
      [key]: value,
    });
    assert.equal(problems.length, 1, `${key}=${value}`);
    assert.match(problems[0] ?? '', expected);
    assert.deepEqual(settings.adminAddresses, ['10.0.0.1']);
  }
});

test('extra-pg-conf is read as PostgreSQL reads it: quotes, doubled quotes, comments, no equals sign', () => {
  const { settings, problems } = readSettings({
    ...defaults,
    'extra-pg-conf':
      "# memory\nwork_mem = 4MB # each\nlog_line_prefix = '%m it''s '\nwal_keep_size 1GB\n",
  });

  assert.deepEqual(problems, []);
  assert.deepEqual(settings.parameters, {
    work_mem: '4MB',
    log_line_prefix: "%m it's ",
    wal_keep_size: '1GB',
  });
});

test('lists are trimmed and empty items dropped (T54)', () => {
  const { settings } = readSettings({
    ...defaults,
    'admin-addresses': ' 10.0.0.1 ,, 10.1.0.0/16 ',
    'relation-database-privileges': ' connect, create ',
    'extra-pg-auth': '\nhost all all 10.0.0.1/32 scram-sha-256\n\n',
  });

  assert.deepEqual(settings.adminAddresses, ['10.0.0.1', '10.1.0.0/16']);
  assert.deepEqual(settings.privileges, ['CONNECT', 'CREATE']);
  assert.deepEqual(settings.extraHba, ['host all all 10.0.0.1/32 scram-sha-256']);
});

test('version and locale can not change once there is a cluster', () => {
  const { settings } = readSettings({ ...defaults, version: '16', locale: 'de_DE.UTF-8' });

  assert.deepEqual(frozenProblems(settings, null), []);
  assert.deepEqual(frozenProblems(settings, { version: '15', locale: 'C.UTF-8' }), [
    'Cannot change version to 16: PostgreSQL 15 is installed; set it back',
    'Cannot change locale to de_DE.UTF-8: the cluster was made with C.UTF-8; set it back',
  ]);
  assert.deepEqual(frozenProblems(settings, { version: '16', locale: 'de_DE.UTF-8' }), []);
});

test('no value whatever makes reading the configuration throw', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.record({
        version: value,
        port: value,
        locale: value,
        'max-connections': value,
        'relation-database-privileges': value,
        'admin-addresses': value,
        'extra-pg-conf': value,
        'extra-pg-auth': value,
      }),
      (values) => {
        const { settings } = readSettings(values);
        assert.ok(Number.isInteger(settings.port));
        assert.ok(settings.privileges.length > 0);
      },
    ),
  );
});
