// The parameters a server is started with, and what a role changes of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parameterDefaults } from '#core/config/patroni/command-line-parameters.ts';
import { roleParameters } from '#core/config/patroni/role-parameters.ts';
import { onCommandLine, serverParameters } from '#core/config/patroni/server-parameters.ts';
import type { ServerParametersRequest } from '#core/config/patroni/server-parameters.ts';

const request: ServerParametersRequest = {
  scope: 'main',
  listen: { host: '127.0.0.1,10.0.0.1', port: 5433 },
  serverVersion: 150_018,
  configDir: '/etc/pg',
  parameters: parameterDefaults,
  roleParameters: {},
  synchronousStandbyNames: { kind: 'configured' },
  isHotStandbyFeedbackForced: false,
  slotSync: 'configured',
  synchronizedStandbySlots: null,
  knownNames: null,
};

test('a standby asks again soon, unless somebody says otherwise', () => {
  const configured = { ...request, parameters: { wal_retrieve_retry_interval: '3s' } };

  assert.equal(serverParameters(configured).parameters['wal_retrieve_retry_interval'], '3s');
});

test('a server without configuration gets what Patroni gives it, and a shorter retry', () => {
  const { parameters, warnings } = serverParameters(request);

  assert.deepEqual(warnings, []);
  assert.deepEqual(parameters, {
    cluster_name: 'main',
    hot_standby: 'on',
    listen_addresses: '127.0.0.1,10.0.0.1',
    max_connections: '100',
    max_locks_per_transaction: '64',
    max_prepared_transactions: '0',
    max_replication_slots: '10',
    max_wal_senders: '10',
    max_worker_processes: '8',
    port: '5433',
    track_commit_timestamp: 'off',
    wal_keep_size: '128MB',
    wal_level: 'replica',
    wal_log_hints: 'on',
    wal_retrieve_retry_interval: '500ms',
  });
  assert.deepEqual(
    onCommandLine(parameters).map(([name]) => name),
    [
      'listen_addresses',
      'port',
      'cluster_name',
      'wal_level',
      'hot_standby',
      'max_connections',
      'max_wal_senders',
      'wal_keep_size',
      'max_prepared_transactions',
      'max_locks_per_transaction',
      'track_commit_timestamp',
      'max_replication_slots',
      'max_worker_processes',
      'wal_log_hints',
    ],
  );
});

test('the role has the last word among what is configured', () => {
  const { parameters } = serverParameters({
    ...request,
    parameters: { ...parameterDefaults, Work_Mem: '1MB', jit: false, port: 1 },
    roleParameters: { work_mem: '2MB', wal_keep_segments: 4, wal_level: 'hot_standby' },
  });

  assert.equal(parameters['work_mem'], '2MB');
  assert.equal(parameters['jit'], 'off');
  assert.equal(parameters['port'], '5433');
  assert.equal(parameters['wal_keep_size'], '64MB');
  assert.equal(parameters['wal_level'], 'replica');
});

test('what this version does not have, or no file can hold, is left out with a warning', () => {
  const parameters = {
    force_parallel_mode: 'off',
    stats_temp_directory: '/x',
    recovery_target_name: 'x',
    'work_mem = 1\nport': '1',
    include: '/etc/passwd',
    'my.setting': 'kept',
    work_mum: '1MB',
    jit: 'on',
  };

  const known = new Set(['force_parallel_mode', 'jit', 'port', 'cluster_name']);
  const read = serverParameters({ ...request, parameters, knownNames: known });

  assert.equal(read.parameters['my.setting'], 'kept');
  assert.equal(read.parameters['force_parallel_mode'], 'off');
  assert.equal(read.parameters['work_mum'], undefined);
  assert.equal(read.parameters['recovery_target_name'], undefined);
  for (const name of ['stats_temp_directory', 'include', 'work_mum']) {
    const warning = `Removing invalid parameter \`${name}\` from postgresql.parameters`;
    assert.ok(read.warnings.includes(warning), name);
  }
  assert.equal(
    serverParameters({ ...request, parameters, serverVersion: 160_000 }).parameters[
      'force_parallel_mode'
    ],
    undefined,
  );
});

test('synchronous_standby_names is ours where we own it', () => {
  const parameters = { synchronous_standby_names: 'mine' };
  const names = (synchronous: ServerParametersRequest['synchronousStandbyNames']) =>
    serverParameters({ ...request, parameters, synchronousStandbyNames: synchronous }).parameters[
      'synchronous_standby_names'
    ];

  assert.equal(names({ kind: 'configured' }), 'mine');
  assert.equal(names({ kind: 'owned', value: '' }), '');
  assert.equal(names({ kind: 'owned', value: 'ANY 1 (a)' }), 'ANY 1 (a)');
});

test('files named by a relative path are those of the configuration directory', () => {
  const parameters = { hba_file: 'my_hba.conf', ident_file: '/abs' };

  const read = serverParameters({ ...request, parameters }).parameters;

  assert.equal(read['hba_file'], '/etc/pg/my_hba.conf');
  assert.equal(read['ident_file'], '/abs');
});

test('a standby never has less than its control file says, and tells what waits for a restart', () => {
  const setting = fc.integer({ min: 0, max: 500 });
  const settings = fc.record({
    max_connections: setting,
    max_prepared_transactions: setting,
    max_locks_per_transaction: setting,
    max_worker_processes: setting,
    max_wal_senders: setting,
  });
  fc.assert(
    fc.property(settings, settings, (configured, control) => {
      const parameters = Object.fromEntries(
        Object.entries(configured).map(([name, value]) => [name, String(value)]),
      );
      const common = { parameters, controlSettings: control, customBootstrap: null } as const;
      const standby = roleParameters({ ...common, role: 'replica' });
      for (const [name, before] of Object.entries(control)) {
        const wanted = Number(parameters[name]);
        assert.equal(Number(standby.parameters[name]), Math.max(before, wanted));
        assert.deepEqual(
          standby.pendingRestart[name],
          before > wanted ? { old_value: String(before), new_value: String(wanted) } : undefined,
        );
      }
      const primary = roleParameters({ ...common, role: 'primary' });
      assert.deepEqual(primary, { parameters, pendingRestart: {}, warnings: [] });
    }),
  );
});

test('a control file that misses a setting is told of', () => {
  const { warnings } = roleParameters({
    role: 'standby_leader',
    parameters: parameterDefaults,
    controlSettings: { max_connections: 10, max_prepared_transactions: 0, max_worker_processes: 8 },
    customBootstrap: null,
  });

  assert.deepEqual(warnings, [
    'max_locks_per_xact setting is missing from pg_controldata output',
    'max_wal_senders setting is missing from pg_controldata output',
  ]);
});

test('a restore that ends at its target runs without hot standby, whatever its role', () => {
  const { parameters, pendingRestart } = roleParameters({
    role: 'primary',
    parameters: parameterDefaults,
    controlSettings: { max_connections: 500 },
    customBootstrap: { isPromotedAtTarget: true },
  });

  assert.equal(parameters['hot_standby'], 'off');
  assert.equal(parameters['max_connections'], '500');
  assert.deepEqual(pendingRestart['hot_standby'], { old_value: 'off', new_value: 'on' });
});

test('a logical slot that needs hot_standby_feedback gets it, whatever is configured', () => {
  const parameters = { ...parameterDefaults, hot_standby_feedback: 'off' };
  const forced = (isHotStandbyFeedbackForced: boolean): Readonly<Record<string, string>> =>
    serverParameters({ ...request, parameters, isHotStandbyFeedbackForced }).parameters;

  assert.equal(forced(false)['hot_standby_feedback'], 'off');
  assert.equal(forced(false)['wal_receiver_status_interval'], undefined);
  assert.equal(forced(true)['hot_standby_feedback'], 'on');
  assert.equal(forced(true)['wal_receiver_status_interval'], '1s');
});

test('a permanent slot that the server is to keep on standbys has it do so, whatever is configured', () => {
  const off = { sync_replication_slots: 'off', hot_standby_feedback: 'off' };
  const valuesOf = (
    slotSync: ServerParametersRequest['slotSync'],
    parameters = {},
  ): readonly (string | undefined)[] => {
    const values = serverParameters({ ...request, parameters, slotSync }).parameters;
    return [values['sync_replication_slots'], values['hot_standby_feedback']];
  };

  assert.deepEqual(valuesOf('configured', off), ['off', 'off']);
  assert.deepEqual(valuesOf('forced', off), ['on', 'on']);
  assert.deepEqual(valuesOf('forced'), ['on', 'on']);
  assert.deepEqual(valuesOf('configured'), [undefined, undefined]);
});

test('copies the server has are kept up, unless somebody says otherwise', () => {
  const kept = (parameters = {}): string | undefined =>
    serverParameters({ ...request, parameters, slotSync: 'kept' }).parameters[
      'sync_replication_slots'
    ];

  assert.equal(kept(), 'on');
  assert.equal(kept({ Sync_Replication_Slots: 'off' }), 'off');
});

test('for whom consumers of slots wait is left to whoever sets it', () => {
  const valueOf = (synchronizedStandbySlots: string | null, parameters = {}): string | undefined =>
    serverParameters({ ...request, parameters, synchronizedStandbySlots }).parameters[
      'synchronized_standby_slots'
    ];

  assert.equal(valueOf('pg_1,pg_2'), 'pg_1,pg_2');
  assert.equal(valueOf(''), '');
  assert.equal(valueOf(null), undefined);
  assert.equal(valueOf('pg_1', { synchronized_standby_slots: 'mine' }), 'mine');
});

test('how often a standby reports is left to whoever sets it', () => {
  const parameters = { ...parameterDefaults, wal_receiver_status_interval: '5s' };
  const found = serverParameters({ ...request, parameters, isHotStandbyFeedbackForced: true });

  assert.equal(found.parameters['wal_receiver_status_interval'], '5s');
});
