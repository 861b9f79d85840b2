// The salt-job-cache charm from its first hook to its last, and everything that can be in the way.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { reactive } from '#charm/reactive/reactive.ts';
import * as events from '#charm/testing/events.ts';
import type { Flag } from '#salt-job-cache/hooks/flags.ts';
import type { Endpoints } from '#salt-job-cache/hooks/context.ts';
import { createServices, type Services } from '#salt-job-cache/hooks/services.ts';
import { offer, password, UnitUnderTest } from './unit-under-test.ts';

const down = { code: 'ECONNREFUSED', message: 'nothing listens there yet', isTransient: true };
const conflict = { code: 'CONFLICT', message: 'Column "jids"."arg" is jsonb', isTransient: false };

test('before it is related the unit says what to run', async () => {
  const unit = new UnitUnderTest();
  await unit.run(events.install());

  assert.equal(
    unit.status,
    "blocked: Not related to PostgreSQL: run 'juju integrate cache:db postgresql:db'",
  );
  await unit.run(events.configChanged());
  await unit.run(events.start());
  assert.deepEqual(unit.program.requests, []);
});

test('a relation without units is waited for, and not asked to be made', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  unit.change({ units: {}, departedUnits: { 'pg/0': {} } });
  unit.change({ units: { 'pg/0': {} }, departedUnits: {} });
  await unit.run(events.relationDeparted('db:1', 'pg/0'));

  assert.equal(unit.status, 'waiting: Waiting for a unit of PostgreSQL');
});

test('it asks for its database, makes the tables when it is served, and says where they are', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  assert.deepEqual(unit.request, { database: 'salt' });
  assert.deepEqual(unit.state.relations[0]?.ownApplicationBag, { database: 'salt' });
  assert.match(unit.status, /^waiting: Waiting for PostgreSQL to provide database salt/);

  await unit.serve(offer());

  assert.deepEqual(unit.program.requests, [
    {
      command: 'migrate',
      connection: `host=10.0.3.10 port=5432 dbname=salt user=juju_cache password=${password}`,
      readers: [],
      partitions: false,
      keep: { keepJobsSeconds: 86_400, keepEventsSeconds: 86_400 },
    },
  ]);
  assert.equal(unit.status, 'active: Job cache in database salt at 10.0.3.10:5432');
});

test('T48: once the tables are there no hook asks for them again', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.run(events.updateStatus());
  await unit.run(events.configChanged());

  assert.equal(unit.program.requests.length, 1);
  assert.match(unit.status, /^active/);
});

test('a server that has done something else than was asked is waited for', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer({ database: 'other' }));

  assert.deepEqual(unit.program.requests, []);
  assert.match(unit.status, /^waiting/);
});

test('what may pass is tried again in every hook and waited for, with its beginning', async () => {
  const unit = new UnitUnderTest();
  unit.program.problem = down;
  await unit.relate();
  await unit.serve(offer());
  assert.equal(unit.status, 'waiting: Since 2026-01-05T08:00Z: nothing listens there yet');
  unit.state = { ...unit.state, now: unit.state.now + 3_600_000 };
  await unit.run(events.updateStatus());
  assert.match(unit.status, /Since 2026-01-05T08:00Z/);

  unit.program.problem = conflict;
  await unit.run(events.updateStatus());
  assert.equal(unit.status, 'blocked: Since 2026-01-05T09:00Z: Column "jids"."arg" is jsonb');
  unit.program.problem = null;
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^active/);
  assert.equal(unit.program.requests.length, 4);
});

test('another server, port or password is another database: its tables are looked at anew', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.serve(offer({ port: '5433' }));

  assert.equal(unit.program.requests.length, 2);
  assert.match(unit.program.requests[1]?.connection ?? '', /port=5433/);
  assert.match(unit.status, /at 10\.0\.3\.10:5433$/);
  await unit.run(events.updateStatus());
  assert.equal(unit.program.requests.length, 2);
});

test('another name asks for another database, and the old one is not called the new', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.configure({ database: 'jobs' });

  assert.deepEqual(unit.request, { database: 'jobs' });
  assert.match(unit.status, /^waiting: Waiting for PostgreSQL to provide database jobs/);
  await unit.serve(offer({ database: 'jobs' }));
  assert.equal(unit.status, 'active: Job cache in database jobs at 10.0.3.10:5432');
});

test('an empty name leaves it to the server', async () => {
  const unit = new UnitUnderTest({ config: { database: '' } });
  await unit.relate();

  assert.deepEqual(unit.request, {});
  assert.match(unit.status, /^waiting: Waiting for PostgreSQL to provide a database/);
  await unit.serve(offer({ database: 'cache' }));
  assert.equal(unit.status, 'active: Job cache in database cache at 10.0.3.10:5432');
});

test('other roles are let in once the server has them, though the database is the same', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.configure({ roles: ' viewer , auditor,viewer' });

  assert.deepEqual(unit.request, { database: 'salt', roles: 'viewer,auditor' });
  assert.match(unit.status, /^waiting/);
  await unit.serve(offer({ roles: 'viewer,auditor' }));
  assert.deepEqual(unit.program.requests.at(-1), {
    command: 'migrate',
    connection: `host=10.0.3.10 port=5432 dbname=salt user=juju_cache password=${password}`,
    readers: ['viewer', 'auditor'],
    partitions: false,
  });
  assert.match(unit.status, /^active/);
});

test('T3: a request no server could meet is refused here, whole, and the last one stands', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.configure({ database: 'jobs', roles: 'x'.repeat(64) });

  assert.deepEqual(unit.request, { database: 'salt' }, 'not half of it');
  assert.match(unit.status, /^blocked: Cannot request the role "xxx.*/);
  await unit.configure({ database: 'postgres', roles: '' });
  assert.match(
    unit.status,
    /^blocked: Cannot request the database "postgres".*juju config cache'$/,
  );
  await unit.configure({ database: 'salt' });
  assert.match(unit.status, /^active/);
});

test('a server that leaves takes the cache with it, and its return is looked at anew', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.run(events.relationDeparted('db:1', 'pg/0'));
  assert.match(unit.status, /^waiting/);
  await unit.run(events.relationBroken('db:1'));
  assert.match(unit.status, /^blocked: Not related/);

  await unit.relate();
  await unit.serve(offer());
  assert.equal(unit.program.requests.length, 2);
  assert.match(unit.status, /^active/);
});

test('a problem with a database that is gone is not told of the next one', async () => {
  const unit = new UnitUnderTest();
  unit.program.problem = conflict;
  await unit.relate();
  await unit.serve(offer());
  await unit.serve({});

  assert.match(unit.status, /^waiting: Waiting for PostgreSQL to provide/);
});

test('an upgrade of the charm looks at the tables again', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  await unit.run(events.upgradeCharm());

  assert.equal(unit.program.requests.length, 2);
  assert.match(unit.status, /^active/);
});

test('a unit that does not lead asks in its own bag and uses the same database', async () => {
  const unit = new UnitUnderTest({ leader: false });
  await unit.relate();
  await unit.serve(offer());

  assert.deepEqual(unit.request, { database: 'salt' });
  assert.deepEqual(unit.state.relations[0]?.ownApplicationBag, {});
  assert.match(unit.status, /^active/);
});

test('T18: the password is in no log line, no status and no argument of a tool', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  const outcomes = [await unit.serve(offer()), await unit.run(events.action('check'))];

  for (const { log, toolCalls, state, actionResult } of outcomes) {
    const args = toolCalls.map((call) => call.args);
    assert.ok(!JSON.stringify([log, args, state.status, actionResult]).includes('Sesame'));
  }
});

test('the action check says where a job was recorded and read back', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  const { actionResult } = await unit.run(events.action('check'));

  assert.equal(actionResult?.status, 'completed');
  const { 'return-code': _code, ...results } = actionResult.results;
  assert.deepEqual(results, {
    result: 'recorded a job and read it back',
    jid: '20240102030405678901',
    database: 'salt',
    server: '10.0.3.10:5432',
  });
});

test('the action check fails with a sentence where there is no cache, or it does not work', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  const early = await unit.run(events.action('check'));
  assert.equal(early.actionResult?.status, 'failed');
  assert.match(early.actionResult.message, /^Cannot check the job cache: it has no tables/);

  await unit.serve(offer());
  unit.program.problem = { code: '42501', message: 'permission denied', isTransient: false };
  const broken = await unit.run(events.action('check'));
  assert.equal(broken.actionResult?.status, 'failed');
  assert.equal(broken.actionResult.message, 'The job cache does not work: permission denied');
  assert.match(unit.status, /^active/, 'an action changes no status but by what it finds out');
});

test('the action explain tells which handlers ran', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  const { actionResult } = await unit.run(events.action('explain'));

  assert.match(String(actionResult?.results['explanation']), /request-database/);
});

test('no bag of a server whatever fails a hook, or makes tables without all that a connection needs', async () => {
  const text = fc.oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.constantFrom('5432', 'salt'),
  );
  const keys = ['host', 'port', 'database', 'user', 'password', 'state', 'master', 'allowed-units'];
  const bag = fc.dictionary(fc.constantFrom(...keys), text);
  await fc.assert(
    fc.asyncProperty(bag, async (settings) => {
      const unit = new UnitUnderTest();
      await unit.relate();
      await unit.serve(settings);
      assert.equal(unit.status.startsWith('active'), unit.program.requests.length > 0);
    }),
    { numRuns: 25 },
  );
});

test('the service is one call of the program beside the hook, with the request on standard input', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'job-cache-'));
  t.after(() => rmSync(path, { recursive: true }));
  mkdirSync(join(path, 'lib'));
  writeFileSync(
    join(path, 'lib/job-cache.cjs'),
    `const text = require('node:fs').readFileSync(0, 'utf8');
     process.stdout.write(JSON.stringify({ ok: true, args: process.argv.slice(2), ...JSON.parse(text) }));`,
  );

  const request = { command: 'check', connection: 'host=x' } as const;
  assert.deepEqual(createServices(path).jobCache(request), { ok: true, args: [], ...request });
});

test('a misspelt flag does not compile', () => {
  const { when, whenNot } = reactive<Flag, Services, Endpoints>();
  const refused = [
    // @ts-expect-error a letter missing
    when('job-cache.redy'),
    // @ts-expect-error an endpoint the charm does not have
    whenNot('database.connected'),
    // @ts-expect-error an option the charm does not have
    when('config.changed.rolls'),
  ];

  assert.equal(refused.length, 3);
});
