// The newcomer's path: two charms deployed, related, checked, taken apart and put together again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withModel } from '../juju-local/with-model.ts';
import { built, published, query, scenarioTimeoutMs, settled, statusOf } from './suite.ts';

test('a Salt job is written and read back through the relation, and outlives it', async () => {
  await withModel(async ({ juju }) => {
    await juju.deploy({ path: await built('postgresql') });
    // The job that stays is of a day long ago.
    const config = { 'keep-jobs-seconds': '0' };
    await juju.deploy({ path: await built('salt-job-cache'), config });
    let model = await settled(juju);
    assert.match(statusOf(model, 'postgresql/0'), /^active: Primary, PostgreSQL \d+/);
    assert.match(statusOf(model, 'salt-job-cache/0'), /^blocked: Not related to PostgreSQL/);

    await juju.integrate('salt-job-cache:db', 'postgresql:db');
    model = await settled(juju);
    assert.match(statusOf(model, 'salt-job-cache/0'), /^active: Job cache in database salt at/);
    const check = await juju.run('salt-job-cache/0', 'check', {}, { timeoutMs: scenarioTimeoutMs });
    assert.equal(check.status, 'completed', check.message);
    assert.match(String(check.results['jid']), /^\d{20}$/);

    // The check took its job away again; this one stays.
    const first = published(model, 'salt-job-cache');
    await query(
      first['master'] ?? '',
      `INSERT INTO jids (jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
       VALUES ('20260102030405678901', 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping')`,
    );

    await juju.removeRelation('salt-job-cache:db', 'postgresql:db');
    model = await settled(juju);
    assert.match(statusOf(model, 'salt-job-cache/0'), /^blocked: Not related to PostgreSQL/);
    await assert.rejects(query(first['master'] ?? '', 'SELECT 1'), { code: /^28/ });

    await juju.integrate('salt-job-cache:db', 'postgresql:db');
    model = await settled(juju);
    const rows = await query(
      published(model, 'salt-job-cache')['master'] ?? '',
      'SELECT jid FROM jids',
    );
    assert.deepEqual(rows, [{ jid: '20260102030405678901' }]);
  });
});

test('a second unit waits and says so, and whoever leads, the first one serves', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql'), units: 2 });
    let model = await settled(juju);
    const primary = ['postgresql/0', 'postgresql/1'].find((unit) =>
      statusOf(model, unit).startsWith('active: Primary'),
    );
    const other = primary === 'postgresql/0' ? 'postgresql/1' : 'postgresql/0';
    assert.ok(primary);
    assert.match(
      statusOf(model, other),
      new RegExp(`^waiting: Waiting: ${primary} is the primary, and this unit has no part`),
    );

    // Leadership moves to the other unit; the data does not, and new clients are still served.
    await juju.faults.pauseMachine(model.units[primary]?.machine ?? '');
    await juju.faults.expireLease('postgresql');
    await juju.faults.resumeMachine(model.units[primary]?.machine ?? '');
    await juju.deploy({ path: charm('pgsql-client'), application: 'client' });
    await juju.integrate('client:db', 'postgresql:db');
    model = await settled(juju);
    assert.match(statusOf(model, primary), /^active: Primary/);
    assert.match(statusOf(model, 'client/0'), /^active: dbname=client host=/);
  });
});
