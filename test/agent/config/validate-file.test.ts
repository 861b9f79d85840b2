// What is found wrong with a configuration file, and how it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { exitCodeOf, printFaults } from '#agent/config/config-errors.ts';
import { parseYaml } from '#agent/config/parse-yaml.ts';
import { validateFile } from '#agent/config/validate-file.ts';
import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { patchConfig } from '#core/config/patroni/patch-config.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { asObject } from '#core/dcs/json.ts';
import { usableFile } from './usable-file.ts';

function read(yaml: string): JsonObject {
  const parsed = parseYaml(yaml);
  assert.equal(parsed.kind, 'value', yaml);
  return asObject(parsed.kind === 'value' ? parsed.value : null) ?? {};
}

const usable = read(usableFile);

/** Faults of the usable file with this laid over it; null takes a key away. */
function faultsWith(yaml: string): readonly ConfigFault[] {
  return validateFile(patchConfig(usable, read(yaml)));
}

function errorsWith(yaml: string): string {
  return printFaults(faultsWith(yaml).filter(({ severity }) => severity === 'error'));
}

function warningsWith(yaml: string): string {
  const faults = faultsWith(yaml);
  assert.equal(exitCodeOf(faults), 0, printFaults(faults));
  return printFaults(faults);
}

test('a usable file has no fault', () => {
  assert.deepEqual(validateFile(usable), []);
});

test('a section or value that is missing is named', () => {
  assert.equal(errorsWith('scope: null'), 'scope is not defined.\n');
  assert.equal(errorsWith('restapi: null'), 'restapi is not defined.\n');
  assert.equal(errorsWith('postgresql: null'), 'postgresql is not defined.\n');
  assert.equal(errorsWith('etcd3: null'), 'etcd3 is not defined.\n');
  assert.equal(errorsWith('postgresql: {data_dir: null}'), 'postgresql.data_dir is not defined.\n');
  assert.equal(
    errorsWith('postgresql: {authentication: {replication: null}}'),
    'postgresql.authentication.replication is not defined.\n',
  );
  assert.equal(
    printFaults(validateFile({})),
    'name is not defined.\nscope is not defined.\nrestapi is not defined.\n' +
      'postgresql is not defined.\netcd3 is not defined.\n',
  );
});

test('a wrong type is told in the words of Patroni', () => {
  assert.equal(
    errorsWith('postgresql: {pg_hba: local}'),
    'postgresql.pg_hba "local" is not a list\n',
  );
  assert.equal(errorsWith('bootstrap: {dcs: 5}'), 'bootstrap.dcs 5 is not a dictionary\n');
  assert.equal(errorsWith('name: [a]'), 'name a list is not a string\n');
  assert.equal(errorsWith('name: ""'), 'name "" is an empty string\n');
  assert.equal(errorsWith('etcd3: {hosts: []}'), 'etcd3.hosts a list is an empty list\n');
  assert.equal(
    errorsWith('postgresql: {pg_hba: [local, 7]}'),
    'postgresql.pg_hba.1 7 is not a string\n',
  );
  assert.equal(
    errorsWith('tags: {nofailover: maybe}'),
    'tags.nofailover "maybe" is not a boolean: it takes on or off\n',
  );
  assert.equal(
    errorsWith('restapi: {verify_client: sometimes}'),
    'restapi.verify_client "sometimes" contains a wrong value: it takes none, optional, required\n',
  );
  assert.equal(
    errorsWith('log: {mode: 9999}'),
    "log.mode 9999 didn't pass validation: Wrong value, it takes 0 to 511\n",
  );
  assert.equal(errorsWith('log: {file_num: many}'), 'log.file_num "many" is not an integer\n');
  assert.equal(
    errorsWith('watchdog: {mode: perhaps}'),
    'watchdog.mode "perhaps" contains a wrong value: it takes off, automatic or required\n',
  );
});

test('a bootstrap method must be described', () => {
  assert.equal(
    errorsWith('bootstrap: {method: pitr}'),
    'bootstrap.method "pitr" is no bootstrap method: it takes initdb, ' +
      'or the name of a section of bootstrap with a command\n',
  );
  assert.equal(
    errorsWith('bootstrap: {method: pitr, pitt: {command: /bin/x}}'),
    'bootstrap.method "pitr" is no bootstrap method: it takes initdb or pitt, ' +
      'or the name of a section of bootstrap with a command\n',
  );
  assert.equal(
    errorsWith('bootstrap: {method: pitr, pitr: {}}'),
    'bootstrap.pitr.command is not defined.\n',
  );
  assert.match(errorsWith('bootstrap: {method: dcs}'), /^bootstrap\.method "dcs" is no/u);
  assert.equal(errorsWith('bootstrap: {method: pitr, pitr: {command: /bin/x}}'), '');
  assert.equal(errorsWith('bootstrap: {method: initdb}'), '');
});

test('a replica method without a command is warned of', () => {
  assert.equal(
    warningsWith('postgresql: {create_replica_methods: [backup, basebackup]}'),
    'postgresql.create_replica_methods.0 "backup" is passed over: ' +
      'postgresql.backup.command is not defined.\n',
  );
});

test('addresses are checked', () => {
  assert.equal(
    errorsWith('restapi: {listen: somewhere}'),
    'restapi.listen "somewhere" contains a wrong value: it takes host:port\n',
  );
  assert.equal(
    errorsWith("postgresql: {listen: '*,10.0.0.1:5432'}"),
    'postgresql.listen "*,10.0.0.1:5432" expecting \'*\' alone\n',
  );
  const forbidden = 'must not contain "127.0.0.1", "0.0.0.0", "*", "::1", "localhost"';
  assert.equal(
    errorsWith('postgresql: {connect_address: 0.0.0.0:5432}'),
    `postgresql.connect_address "0.0.0.0:5432" ${forbidden}: other members connect to it\n`,
  );
  // A cluster on one machine is fine.
  assert.equal(
    warningsWith('postgresql: {connect_address: 127.0.0.1:5432}'),
    `postgresql.connect_address "127.0.0.1:5432" ${forbidden}: other members connect to it\n`,
  );
  assert.equal(
    warningsWith('restapi: {connect_address: null}'),
    'restapi.connect_address is not defined. 10.0.0.1 is used\n',
  );
  assert.equal(
    errorsWith("restapi: {listen: '0.0.0.0:8008', connect_address: null}"),
    'restapi.connect_address is not defined.\n',
  );
  assert.equal(
    errorsWith('etcd3: {hosts: [10.0.0.5:2379, "x:y"]}'),
    'etcd3.hosts.1 "x:y" contains a wrong value: it takes host:port\n',
  );
});

test('other stores are refused with the way out', () => {
  assert.match(
    errorsWith('{etcd3: null, etcd: {host: a}}'),
    /^etcd a mapping .*name the section etcd3/u,
  );
  assert.equal(
    errorsWith('{etcd3: null, consul: {host: a}}'),
    'consul a mapping is not supported: use an etcd by a section etcd3\n',
  );
  assert.match(
    errorsWith('etcd3: {hosts: null}'),
    /^etcd3\.hosts is not defined\. One of host, hosts/u,
  );
});

test('slots in the wrong place are refused with the right one', () => {
  for (const place of ['', 'postgresql.', 'bootstrap.']) {
    for (const key of ['slots', 'ignore_slots', 'permanent_slots']) {
      const [parent = ''] = place.split('.');
      const entry = `${key}: ${key === 'ignore_slots' ? '[]' : '{a: {type: physical}}'}`;
      const errors = errorsWith(parent === '' ? entry : `${parent}: {${entry}}`);
      assert.match(errors, new RegExp(`^${place}${key} .*as bootstrap\\.dcs\\.${key}\n$`, 'u'));
    }
  }
  assert.equal(errorsWith('bootstrap: {dcs: {slots: {a: {type: physical}}}}'), '');
});

test('settings that do nothing where they stand are warned of', () => {
  assert.match(warningsWith('ttl: 20'), /^ttl 20 does nothing here: .*bootstrap\.dcs\.ttl/u);
  assert.match(
    warningsWith('postgresql: {parameters: {max_connections: 200}}'),
    /^postgresql\.parameters\.max_connections 200 does nothing here: all members need the same/u,
  );
  assert.match(
    warningsWith('postgresql: {recovery_conf: {recovery_target_time: now}}'),
    /^postgresql\.recovery_conf\.recovery_target_time "now" does nothing here/u,
  );
  assert.equal(warningsWith('postgres: {}'), 'postgres is no setting of this file\n');
  assert.match(
    warningsWith('tags: {nofailover: true, failover_priority: 1}'),
    /^tags\.nofailover true Multiple of \('nofailover', 'failover_priority'\) provided/u,
  );
  assert.match(
    warningsWith('tags: {nosync: true, sync_priority: 0}'),
    /Multiple of \('nosync', 'sync_priority'\) provided/u,
  );
});

test('bootstrap.dcs is checked as the dynamic configuration it becomes', () => {
  assert.equal(
    errorsWith('bootstrap: {dcs: {ttl: 1, postgresql: {parameters: {max_wal_senders: 1}}}}'),
    "bootstrap.dcs.ttl 1 didn't pass validation: Wrong value, it takes 5 to 2147483647\n" +
      "bootstrap.dcs.postgresql.parameters.max_wal_senders 1 didn't pass validation: it takes at least 3\n",
  );
});

test('citus is refused, as such a member would join as a plain one', () => {
  assert.equal(
    errorsWith('citus: {group: 0}'),
    'citus a mapping is not supported yet: remove it\n',
  );
});

test('a password of any characters passes, but for those nobody can store', () => {
  const withPassword = (password: JsonValue) =>
    validateFile(
      patchConfig(usable, {
        postgresql: { authentication: { superuser: { username: 'postgres', password } } },
      }),
    );

  assert.deepEqual(withPassword('it\'s "$$" %s {x} \\ \n end'), []);
  assert.equal(exitCodeOf(withPassword('a\0b')), 1);
  assert.match(printFaults(withPassword('')), /password is empty: no password is used/u);
  assert.match(printFaults(withPassword(null)), /^$/u);
  assert.match(printFaults(withPassword(123)), /put it in quotes/u);
  assert.match(printFaults(withPassword(true)), /password is not a string/u);
});

test('no secret gets into a fault, wherever it stands', () => {
  const secret = 'hunter2-hunter2';
  const wrong: readonly JsonObject[] = [
    { postgresql: { authentication: secret } },
    { postgresql: { authentication: { superuser: secret } } },
    { postgresql: { authentication: { superuser: { username: 'x', password: [secret] } } } },
    { postgresql: { authentication: { rewind: { password: { is: secret } } } } },
    { restapi: { authentication: { username: 'x', password: `${secret}\0` } } },
    { restapi: { http_extra_headers: { Authorization: [secret] } } },
    { ctl: { keyfile_password: [secret] } },
    { etcd3: { url: `ftp://u:${secret}@h` } },
    { etcd3: { proxy: secret } },
    { etcd3: { password: [secret] } },
    { postgresql: { recovery_conf: { primary_conninfo: `password=${secret}` } } },
    { postgresql: { parameters: { primary_conninfo: `password=${secret}` } } },
  ];
  for (const patch of wrong) {
    const faults = validateFile(patchConfig(usable, patch));
    assert.notEqual(faults.length, 0, JSON.stringify(patch));
    assert.doesNotMatch(JSON.stringify(faults), /hunter2/u);
  }
});

test('any file at all is judged, and no fault is told twice', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
  const names = fc.constantFrom(
    'name',
    'restapi',
    'postgresql',
    'bootstrap',
    'etcd3',
    'log',
    'tags',
    'watchdog',
    'slots',
  );
  fc.assert(
    fc.property(fc.dictionary(names, json), names, json, (file, section, value) => {
      const faults = validateFile({
        ...file,
        [section]: { method: value, listen: value, mode: value },
      });
      const errors = faults.filter(({ severity }) => severity === 'error');
      assert.equal(new Set(errors.map(({ path }) => path)).size, errors.length);
    }),
  );
});
