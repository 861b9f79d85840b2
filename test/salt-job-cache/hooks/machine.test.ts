// The charm and the machine it is on: what the service and the Salt master are told, when, and what is said of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as events from '#charm/testing/events.ts';
import type { ConfigureRequest } from '#salt-job-cache/machine/request.ts';
import { statusVersion } from '#salt-job-cache/src/service/service-status.ts';
import { offer, password, UnitUnderTest } from './unit-under-test.ts';

async function servingUnit(
  config: Readonly<Record<string, string | number | boolean>> = {},
): Promise<UnitUnderTest> {
  const unit = new UnitUnderTest({ config });
  await unit.relate();
  await unit.serve(offer());
  return unit;
}

function configured(unit: UnitUnderTest, index = -1): ConfigureRequest {
  const request = unit.program.machineRequests
    .filter((one) => one.command === 'configure')
    .at(index);
  assert.ok(request?.command === 'configure');
  return request;
}

function file(unit: UnitUnderTest): Readonly<Record<string, unknown>> {
  return parse(configured(unit).master?.text ?? '') as Readonly<Record<string, unknown>>;
}

const standby = (host: string): string =>
  `dbname=salt host=${host} password=${password} port=5432 user=juju_cache`;

const twoServers = offer({ standbys: standby('10.0.3.11') });

const nowMs = Date.parse('2026-01-05T08:00:00Z');

function serviceStatus(change: object = {}): string {
  return JSON.stringify({
    version: statusVersion,
    pid: 1,
    since: '2026-01-05T07:00:00Z',
    written: new Date(nowMs).toISOString(),
    database: { connected: true, place: null, lastWrite: null },
    ingest: null,
    lastClean: null,
    problems: [],
    ...change,
  });
}

test('once the tables are there the service is configured and the master told, and then only on a change', async () => {
  const unit = await servingUnit();

  assert.equal(unit.program.machineRequests.length, 1);
  assert.equal(file(unit)['master_job_cache.postgres.host'], '10.0.3.10');
  assert.equal(configured(unit).master?.directory, '/etc/salt/master.d');
  assert.equal(JSON.parse(configured(unit).service).keepJobsSeconds, 86_400);
  await unit.run(events.updateStatus());
  await unit.run(events.configChanged());
  assert.equal(unit.program.machineRequests.length, 1);

  await unit.configure({ 'keep-jobs': 1000 });
  assert.equal(unit.program.machineRequests.length, 2);
  assert.equal(JSON.parse(configured(unit).service).keepJobs, 1000);
  assert.equal(configured(unit).master?.isRestartNeeded, false);
  await unit.configure({ 'ingest-events': true });
  assert.equal(configured(unit).master?.isRestartNeeded, true);
});

test('nothing is configured before there are tables', async () => {
  const unit = new UnitUnderTest();
  unit.program.problem = { code: '42501', message: 'permission denied', isTransient: false };
  await unit.relate();
  await unit.serve(offer());

  assert.deepEqual(unit.program.machineRequests, []);
});

test('a failover puts the new primary first, and asks nobody to start the master anew', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(twoServers);
  assert.equal(file(unit)['master_job_cache.postgres.host'], '10.0.3.10,10.0.3.11');
  const { service } = configured(unit);

  unit.program.problem = { code: 'ECONNREFUSED', message: 'not yet', isTransient: true };
  await unit.serve(offer({ host: '10.0.3.11' }));

  assert.equal(file(unit)['master_job_cache.postgres.host'], '10.0.3.11,10.0.3.10');
  assert.equal(configured(unit).master?.isRestartNeeded, false);
  assert.equal(configured(unit).service, service, 'the service goes on as it is');
});

test('a server that joins, and other credentials, need a master that reads its file again', async () => {
  const unit = await servingUnit();
  assert.equal(configured(unit).master?.isRestartNeeded, true, 'the file is new');
  await unit.serve(twoServers);
  assert.equal(configured(unit).master?.isRestartNeeded, true);
});

test('a master that has to be restarted is told of until it was', async () => {
  const unit = new UnitUnderTest();
  unit.program.machineAnswer = { outdated: [{ pid: 7, startedAt: '1' }] };
  unit.program.running.add(7);
  await unit.relate();
  await unit.serve(offer());
  assert.match(unit.status, /^active: Job cache in .*; Restart salt-master, so that it reads/);

  await unit.configure({ 'keep-jobs': 5 });
  assert.deepEqual(configured(unit).outdated, [{ pid: 7, startedAt: '1' }]);
  unit.program.running.delete(7);
  await unit.run(events.updateStatus());
  assert.doesNotMatch(unit.status, /Restart/);
});

test('without a Salt master the status says where one was looked for, and one that comes is told', async () => {
  const unit = new UnitUnderTest();
  unit.program.machineAnswer = { master: 'absent' };
  await unit.relate();
  await unit.serve(offer());
  assert.match(
    unit.status,
    /^active: .*; No Salt master here: \/etc\/salt\/master\.d is not there/,
  );

  unit.program.machineAnswer = {};
  unit.program.directories.add('/etc/salt/master.d');
  await unit.run(events.updateStatus());
  assert.equal(unit.program.machineRequests.length, 2);
  assert.equal(configured(unit).master?.isRestartNeeded, true);
  assert.doesNotMatch(unit.status, /No Salt master/);
});

test('another directory takes the file out of the old one', async () => {
  const unit = await servingUnit();
  await unit.configure({ 'master-config': '/srv/salt' });

  const [, forget, configure] = unit.program.machineRequests;
  assert.ok(forget?.command === 'forget');
  assert.equal(forget.directory, '/etc/salt/master.d');
  assert.ok(configure?.command === 'configure');
  assert.equal(configure.master?.directory, '/srv/salt');
  await unit.configure({ 'master-config': '' });
  assert.equal(configured(unit).master, null);
});

test('a service that nobody keeps running, and one of another version, are seen to', async () => {
  const unit = await servingUnit();
  unit.program.isKept = false;
  await unit.run(events.updateStatus());
  assert.equal(unit.program.machineRequests.length, 2);
  unit.program.isKept = true;
  unit.program.version = '2';
  await unit.run(events.upgradeCharm());
  assert.equal(unit.program.machineRequests.length, 3);
});

test('what is in the way is told and tried again in every hook', async () => {
  const unit = new UnitUnderTest();
  unit.program.machineAnswer = {
    problem: { code: 'FILE_NOT_WRITABLE', message: 'The disk is full', hint: 'Make room' },
  };
  await unit.relate();
  await unit.serve(offer());
  assert.equal(unit.status, 'blocked: The disk is full. Make room');
  unit.program.machineAnswer = {};
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^active/);
});

test('options that can not be used block, and what was asked for last goes on', async () => {
  const unit = await servingUnit();
  await unit.configure({ 'spool-limit-mb': 1 });

  assert.match(
    unit.status,
    /^blocked: Option spool-limit-mb .*; change it with 'juju config cache'$/,
  );
  assert.equal(unit.program.machineRequests.length, 1);
});

test('the end of the relation ends the service, a server that is away does not', async () => {
  const unit = await servingUnit();
  await unit.run(events.relationDeparted('db:1', 'pg/0'));
  assert.equal(unit.program.machineRequests.length, 1);
  await unit.run(events.relationBroken('db:1'));

  const last = unit.program.machineRequests.at(-1);
  assert.equal(last?.command, 'remove');
  assert.match(unit.status, /^blocked: Not related/);
  await unit.run(events.updateStatus());
  assert.equal(unit.program.machineRequests.length, 2);
});

test('stop ends the service, nothing starts it before start does', async () => {
  const unit = await servingUnit();
  await unit.run(events.stop());
  assert.equal(unit.program.machineRequests.at(-1)?.command, 'remove');
  await unit.run(events.updateStatus());
  assert.equal(unit.program.machineRequests.at(-1)?.command, 'remove');
  await unit.run(events.start());
  assert.equal(unit.program.machineRequests.at(-1)?.command, 'configure');
});

test('the status tells what the last look found, and how the service does', async () => {
  const unit = await servingUnit();
  unit.program.status = serviceStatus();
  unit.program.cliAnswer = {
    output: JSON.stringify({
      tables: [
        { name: 'jids', rows: 12_345, exact: true, bytes: 1e6, index_bytes: 5e5 },
        { name: 'salt_returns', rows: 2_500_000, exact: false, bytes: 2e9, index_bytes: 0 },
        { name: 'salt_events', rows: 0, exact: true, bytes: 0, index_bytes: 0 },
      ],
      oldest_jid: '20260105050000000000',
      last_write: '2026-01-05 07:59:00.5+00',
    }),
  };
  await unit.run(events.updateStatus());

  assert.equal(
    unit.status,
    'active: Job cache in database salt at 10.0.3.10:5432; ~12k jobs, ~2.5M returns, 2.0 GB, oldest 3 h; last write 59 s ago',
  );
  await unit.run(events.configChanged());
  assert.equal(unit.program.cliCalls.length, 1, 'not in every hook');
});

test('what is wrong with the service for more than a minute is told, with its beginning', async () => {
  const unit = await servingUnit();
  const problem = {
    kind: 'bus-away',
    message: 'Nobody listens on the socket',
    since: '2026-01-05T07:59:30Z',
  };
  unit.program.status = serviceStatus({ problems: [problem] });
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^active/);

  unit.program.status = serviceStatus({
    problems: [{ ...problem, since: '2026-01-05T07:30:00Z' }],
  });
  await unit.run(events.updateStatus());
  assert.equal(unit.status, 'waiting: Since 2026-01-05T07:30Z: Nobody listens on the socket');

  unit.state = { ...unit.state, now: nowMs + 120_000 };
  await unit.run(events.updateStatus());
  assert.match(
    unit.status,
    /^waiting: The service has not told anything since 2026-01-05T08:00Z.*cannot go on/,
  );
});

test('T18: no secret of the machine is in a log line, a status or an argument of a tool', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  const { log, toolCalls, state } = await unit.serve(twoServers);

  assert.ok(configured(unit).service.includes(password));
  const args = toolCalls.map((call) => call.args);
  assert.ok(!JSON.stringify([log, args, state.status]).includes('Sesame'));
});
