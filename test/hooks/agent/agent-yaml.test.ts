// The text the agent is configured with: what Patroni's parser reads is what was meant, and the same facts give the
// same text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { renderAgentHba } from '#hooks/agent/agent-hba.ts';
import { type AgentInputs, agentYaml, memberName, unitOfMember } from '#hooks/agent/agent-yaml.ts';
import { dynamicConfig, dynamicPatch } from '#hooks/agent/dynamic-config.ts';
import { agentPlaceOf } from '#hooks/agent/place.ts';
import { yamlText } from '#core/config/quoted-yaml.ts';
import { readSettings } from '#hooks/settings.ts';

const { settings } = readSettings({
  port: 5432,
  locale: 'C.UTF-8',
  'relation-database-privileges': 'ALL',
  'etcd-endpoints': 'https://[2001:db8::1], https://etcd.example:23790',
  'cluster-name': 'shop',
  'extra-pg-conf': 'work_mem = 8MB\nmax_worker_processes = 16\narchive_command = \'cp "%p" /a\'',
  'synchronous-mode': 'quorum',
});

function inputs(fields: Partial<AgentInputs> = {}): AgentInputs {
  assert.ok(settings.cluster);
  return {
    unit: 'postgresql/0',
    application: 'postgresql',
    server: {
      binDirectory: '/usr/lib/postgresql/15/bin',
      dataDirectory: '/srv/pgdata/main',
      socketDirectory: '/srv/pgdata/run',
      logDirectory: '/srv/pgdata/log',
      listenAddress: '10.0.0.10,10.1.0.10',
      port: 5432,
      runAs: null,
      mayInitialise: true,
      mayRestart: true,
      clusterName: 'postgresql',
      locale: 'C.UTF-8',
      encoding: 'UTF8',
      parameters: {},
    },
    settings,
    cluster: settings.cluster,
    place: agentPlaceOf('/srv/pgdata', '/var/lib/juju/agents/unit-postgresql-0/charm'),
    memberHost: '10.0.0.10',
    passwords: { superuser: 's', replication: 'r', rewind: 'w', restapi: 'a' },
    hba: 'local all all peer\nhost all all all reject\n',
    machineUsers: ['root', 'postgres', 'root'],
    standbys: 2,
    mayBootstrap: true,
    memoryBytes: 8 * 1024 ** 3,
    ...fields,
  };
}

// What a YAML text can hold: no half surrogates, and no NUL, which no option of a charm has either.
const text = fc
  .string({ unit: 'binary', maxLength: 30 })
  .map((value) => value.replaceAll('\0', ''));
const { value: document } = fc.letrec<{ value: JsonObject }>((tie) => ({
  value: fc.dictionary(
    text.filter((key) => key !== '' && key !== '__proto__'),
    fc.oneof(
      { maxDepth: 3 },
      text,
      fc.boolean(),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.oneof(text, tie('value')), { maxLength: 3 }),
      tie('value'),
    ),
    { maxKeys: 4, noNullPrototype: true },
  ),
}));

test('any data are read back by a YAML parser as they were, old words and numbers among them', () => {
  const telling: JsonObject = { on: 'off', no: 'yes', '1': '012', a: ['~', '1e3', '2001-01-01'] };
  for (const version of ['1.1', '1.2'] as const) {
    assert.deepEqual(parse(yamlText(telling), { version }), telling);
    fc.assert(
      fc.property(document, (one) => {
        assert.deepEqual(parse(yamlText(one), { version }) ?? {}, one);
      }),
    );
  }
});

test('passwords of any letters arrive, and never change another line', () => {
  fc.assert(
    fc.property(text, text, (superuser, restapi) => {
      const passwords = { superuser, replication: `'"$$%\n`, rewind: '# x: y', restapi };
      const written = parse(agentYaml(inputs({ passwords }))) as {
        readonly postgresql: {
          readonly authentication: Readonly<Record<string, { readonly password: string }>>;
        };
        readonly restapi: { readonly authentication: { readonly password: string } };
      };
      const { authentication } = written.postgresql;
      assert.equal(authentication['superuser']?.password, superuser);
      assert.equal(authentication['replication']?.password, `'"$$%\n`);
      assert.equal(authentication['rewind']?.password, '# x: y');
      assert.equal(written.restapi.authentication.password, restapi);
    }),
  );
});

test('the same facts give the same text', () => {
  assert.equal(agentYaml(inputs()), agentYaml(inputs()));
});

test('addresses, names and endpoints are written as Patroni takes them', () => {
  const written = parse(agentYaml(inputs({ memberHost: '2001:db8::10' }))) as JsonObject;
  const postgresql = written['postgresql'] as JsonObject;

  assert.equal(written['scope'], 'shop');
  assert.deepEqual(written['etcd3'], {
    hosts: ['[2001:db8::1]:2379', 'etcd.example:23790'],
    protocol: 'https',
  });
  assert.equal((written['restapi'] as JsonObject)['connect_address'], '[2001:db8::10]:8008');
  assert.equal(postgresql['listen'], '10.0.0.10,10.1.0.10:5432');
  assert.deepEqual(postgresql['pg_ident'], [
    'juju_charm "root" postgres',
    'juju_charm "postgres" postgres',
  ]);
  const parameters = postgresql['parameters'] as JsonObject;
  assert.equal(parameters['archive_command'], 'cp "%p" /a');
  assert.equal(parameters['shared_buffers'], '2048MB');
});

test('what all members have to agree on is in etcd and in no file', () => {
  const written = parse(agentYaml(inputs())) as JsonObject;
  const own = (written['postgresql'] as JsonObject)['parameters'] as JsonObject;
  const shared = (dynamicConfig(inputs())['postgresql'] as JsonObject)['parameters'] as JsonObject;

  assert.deepEqual(shared, {
    max_connections: '100',
    max_worker_processes: '16',
    wal_level: 'logical',
  });
  for (const name of [...Object.keys(shared), 'port', 'listen_addresses', 'cluster_name']) {
    assert.equal(own[name], undefined, name);
  }
});

test('the patch names every shared parameter, so that one that is not configured any more goes', () => {
  const patch = (dynamicPatch(inputs())['postgresql'] as JsonObject)['parameters'] as JsonObject;

  assert.equal(patch['max_wal_senders'], null);
  assert.equal(patch['max_worker_processes'], '16');
  assert.equal(dynamicPatch(inputs())['synchronous_mode'], 'quorum');
});

test('member names stand for units and back', () => {
  for (const unit of ['postgresql/0', 'pg-main/12', 'a-1/0']) {
    assert.equal(unitOfMember(memberName(unit)), unit);
  }
});

test('members come in for replication and rewind only, whoever else may', () => {
  const { text: hba } = renderAgentHba({
    memberRanges: ['10.0.0.11/32', '10.0.0.10/32', '10.0.0.11/32', 'not an address!'],
    clients: [
      {
        relation: 'db:1',
        database: 'd',
        user: 'juju_app',
        admin: false,
        addresses: ['10.9.0.1/32'],
      },
    ],
    adminAddresses: [],
    extraHba: [],
    previous: null,
  });
  const lines = hba.split('\n').filter((line) => !line.startsWith('#') && line !== '');

  assert.deepEqual(lines, [
    'local all postgres peer map=juju_charm',
    'local all all peer',
    'host replication "_juju_replication" "10.0.0.10/32" scram-sha-256',
    'host "postgres" "_juju_rewind" "10.0.0.10/32" scram-sha-256',
    'host replication "_juju_replication" "10.0.0.11/32" scram-sha-256',
    'host "postgres" "_juju_rewind" "10.0.0.11/32" scram-sha-256',
    'host "d" "juju_app" "10.9.0.1/32" scram-sha-256',
    'local all all reject',
    'host all all all reject',
  ]);
});
