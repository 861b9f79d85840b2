// What a standby gets to follow its upstream, and whether a running one has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compareRecovery } from '#core/config/patroni/compare-recovery.ts';
import type { RunningRecovery } from '#core/config/patroni/compare-recovery.ts';
import { parseDsn } from '#core/config/patroni/dsn.ts';
import {
  readRecoveryConf,
  withoutRecoveryParameters,
} from '#core/config/patroni/recovery-parameters.ts';
import { standbySettings } from '#core/config/patroni/recovery-settings.ts';
import type { StandbyRequest } from '#core/config/patroni/recovery-settings.ts';

const request: StandbyRequest = {
  memberName: 'pg-2',
  serverVersion: 150_018,
  upstream: { name: 'pg-1', connection: { host: '10.0.0.1', port: '5432' }, slotName: 'pg_2' },
  replication: { username: 'rep', password: "p'ass", connection: {} },
  passfile: '/home/pg/pgpass',
  recoveryConf: {},
  slotSyncDatabase: null,
};

const blanked = {
  recovery_target: '',
  recovery_target_lsn: '',
  recovery_target_name: '',
  recovery_target_time: '',
  recovery_target_xid: '',
  recovery_target_timeline: 'latest',
};

test('a standby of a member connects as Patroni has it connect', () => {
  const { parameters, passfileText } = standbySettings(request);

  assert.deepEqual(parameters, {
    ...blanked,
    primary_conninfo:
      'user=rep passfile=/home/pg/pgpass host=10.0.0.1 port=5432 sslmode=prefer ' +
      'application_name=pg-2 gssencmode=prefer channel_binding=prefer',
    primary_slot_name: 'pg_2',
  });
  assert.equal(passfileText, "10.0.0.1:5432:*:rep:p'ass\n");
});

test('the password is in the settings only where no password file can hold it', () => {
  const password = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !text.includes('\0'));
  const tricky = fc.constantFrom('a\'"$$%\nb', 'plain', 'a b', '\\', 'x\r');
  fc.assert(
    fc.property(fc.oneof(password, tricky), (password) => {
      const replication = { ...request.replication, password };
      const { parameters, passfileText } = standbySettings({ ...request, replication });
      const conninfo = parseDsn(parameters['primary_conninfo'] ?? '');
      if (/[\r\n]/u.test(password)) {
        assert.equal(passfileText, null);
        assert.equal(conninfo?.['password'], password);
        assert.equal(conninfo?.['passfile'], undefined);
      } else {
        assert.equal(conninfo?.['password'], undefined);
        assert.equal(conninfo?.['passfile'], request.passfile);
      }
    }),
  );
});

test('a remote upstream with a slot is asked for the host that accepts writes', () => {
  const remote = { name: '', connection: { host: 'a,b', port: '1,2' }, slotName: 'dr' };

  const { parameters } = standbySettings({
    ...request,
    upstream: { ...remote, restoreCommand: 'cp %f %p', recoveryMinApplyDelay: '1h' },
    recoveryConf: { restore_command: 'from the file', recovery_min_apply_delay: '5min' },
  });

  assert.equal(
    parseDsn(parameters['primary_conninfo'] ?? '')?.['target_session_attrs'],
    'read-write',
  );
  assert.equal(parameters['restore_command'], 'cp %f %p');
  assert.equal(parameters['recovery_min_apply_delay'], '1h');
  const noSlot = standbySettings({
    ...request,
    upstream: { ...remote, slotName: null },
  }).parameters;
  assert.equal(parseDsn(noSlot['primary_conninfo'] ?? '')?.['target_session_attrs'], undefined);
  assert.equal(noSlot['primary_slot_name'], undefined);
});

test('without an upstream nothing is connected to, and targets of recovery_conf do not count', () => {
  const recoveryConf = {
    Restore_Command: 'cp',
    recovery_target_time: 'yesterday',
    recovery_target_action: 'shutdown',
    primary_conninfo: 'host=evil',
    standby_mode: 'on',
  };
  for (const upstream of [null, { name: '', connection: null, slotName: 'x' }]) {
    assert.deepEqual(standbySettings({ ...request, upstream, recoveryConf }).parameters, {
      ...blanked,
      restore_command: 'cp',
    });
  }
});

test('the database for slots is named from version 17 on', () => {
  const upstream = { name: 'pg-1', connection: { host: 'h', dbname: 'x' }, slotName: null };
  const databaseOf = (serverVersion: number): string | undefined =>
    parseDsn(
      standbySettings({ ...request, upstream, serverVersion, slotSyncDatabase: 'postgres' })
        .parameters['primary_conninfo'] ?? '',
    )?.['dbname'];

  assert.equal(databaseOf(160_000), undefined);
  assert.equal(databaseOf(170_000), 'postgres');
});

test('recovery_conf is read in the words of each version', () => {
  const section = {
    Trigger_File: '/t',
    pause_at_recovery_target: false,
    recovery_target_name: 'here',
    standby_mode: true,
    unknown_parameter: 1,
  };

  assert.deepEqual(readRecoveryConf(section, 150_000), {
    promote_trigger_file: '/t',
    recovery_target_action: 'promote',
    recovery_target_name: 'here',
  });
  assert.deepEqual(readRecoveryConf(section, 160_000), {
    recovery_target_action: 'promote',
    recovery_target_name: 'here',
  });
  assert.deepEqual(
    readRecoveryConf(
      { pause_at_recovery_target: true, recovery_target_action: 'shutdown' },
      150_000,
    ),
    { recovery_target_action: 'shutdown' },
  );
});

test('postgresql.auto.conf loses its recovery parameters and nothing else', () => {
  const text = [
    '# a comment about primary_conninfo = x',
    "work_mem = '1MB'",
    "primary_conninfo = 'host=x'",
    "Recovery_Target_Name='x'",
    "restore_command 'cp'",
    'restore_commander = 1',
    '',
  ].join('\n');

  assert.equal(
    withoutRecoveryParameters(text),
    "# a comment about primary_conninfo = x\nwork_mem = '1MB'\nrestore_commander = 1\n",
  );
  assert.equal(withoutRecoveryParameters("a = 'b'\n"), "a = 'b'\n");
});

const ownFiles = ['/data/postgresql.conf', '/data/postgresql.auto.conf'];

/** A server that runs with these settings. */
function running(
  parameters: Readonly<Record<string, string>>,
  restartNames: readonly string[] = ['recovery_target', 'recovery_target_timeline'],
): RunningRecovery {
  return {
    isSetUpAsStandby: true,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        name,
        {
          value,
          context: restartNames.includes(name) ? 'postmaster' : 'sighup',
          sourceFile: '/data/postgresql.conf',
        },
      ]),
    ),
    receiver: null,
  };
}

const wanted = standbySettings(request).parameters;

test('a standby that runs with its settings needs nothing', () => {
  assert.equal(compareRecovery(wanted, running(wanted), ownFiles), 'nothing');
  // The receiver shows more than was asked for, and its password masked.
  const receiver = {
    conninfo: `${wanted['primary_conninfo'] ?? ''} dbname=replication password=**** fallback_application_name=x`,
    slotName: 'pg_2',
  };
  assert.equal(compareRecovery(wanted, { ...running(wanted), receiver }, ownFiles), 'nothing');
});

test('which database slots come through is in the setting alone: any receiver says replication', () => {
  const synced = { ...request, serverVersion: 170_000, slotSyncDatabase: 'postgres' };
  const { parameters } = standbySettings(synced);
  const conninfo = `${wanted['primary_conninfo'] ?? ''} dbname=replication password=****`;
  const receiver = { conninfo, slotName: 'pg_2' };

  assert.equal(
    compareRecovery(parameters, { ...running(parameters), receiver }, ownFiles),
    'nothing',
  );
  assert.equal(compareRecovery(parameters, { ...running(wanted), receiver }, ownFiles), 'reload');
  const another = standbySettings({ ...synced, slotSyncDatabase: 'app' }).parameters;
  assert.equal(compareRecovery(another, { ...running(parameters), receiver }, ownFiles), 'reload');
});

test('another upstream takes a reload, and a restart where the version wants one', () => {
  const other = standbySettings({
    ...request,
    upstream: { name: 'pg-3', connection: { host: '10.0.0.3', port: '5432' }, slotName: 'pg_2' },
  }).parameters;

  assert.equal(compareRecovery(other, running(wanted), ownFiles), 'reload');
  assert.equal(compareRecovery(other, running(wanted, ['primary_conninfo']), ownFiles), 'restart');
  // The file is right already, but the receiver still streams from the old one.
  const receiver = { conninfo: wanted['primary_conninfo'] ?? '', slotName: 'pg_2' };
  assert.equal(compareRecovery(other, { ...running(other), receiver }, ownFiles), 'reload');
});

test('a server that is no standby yet, or stops at a target, needs a restart', () => {
  assert.equal(
    compareRecovery(wanted, { ...running(wanted), isSetUpAsStandby: false }, ownFiles),
    'restart',
  );
  assert.equal(
    compareRecovery(wanted, running({ ...wanted, recovery_target: 'immediate' }), ownFiles),
    'restart',
  );
});

test('what an included file sets is left to it where we are not asked to', () => {
  const elsewhere = (name: string): RunningRecovery => ({
    ...running(wanted),
    parameters: {
      ...running(wanted).parameters,
      [name]: { value: '1000', context: 'sighup', sourceFile: '/etc/included.conf' },
    },
  });

  assert.equal(compareRecovery(wanted, elsewhere('recovery_min_apply_delay'), ownFiles), 'nothing');
  assert.equal(
    compareRecovery(
      { ...wanted, recovery_min_apply_delay: '1s' },
      elsewhere('recovery_min_apply_delay'),
      ownFiles,
    ),
    'nothing',
  );
  assert.equal(
    compareRecovery(
      { ...wanted, recovery_min_apply_delay: '2s' },
      elsewhere('recovery_min_apply_delay'),
      ownFiles,
    ),
    'reload',
  );
  assert.equal(compareRecovery(wanted, elsewhere('recovery_target_xid'), ownFiles), 'reload');
});

test('a slot does not matter without a connection', () => {
  const archiveOnly = standbySettings({ ...request, upstream: null }).parameters;
  const server = running({ ...archiveOnly, primary_conninfo: '', primary_slot_name: 'old' });

  assert.equal(compareRecovery(archiveOnly, server, ownFiles), 'nothing');
  assert.equal(compareRecovery(archiveOnly, running(wanted), ownFiles), 'reload');
});
