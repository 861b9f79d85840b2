// Hooks that die half-way, at every hook tool they call: nothing is lost, and the next try converges.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withModel } from '../juju-local/with-model.ts';
import { built, published, query, settled, statusOf } from './suite.ts';

test('a hook killed at any of its tool calls is run again, and the client is served', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    await settled(juju);
    for (const [index, atTool] of [1, 2, 4, 6].entries()) {
      const application = `client${index}`;
      await juju.deploy({ path: charm('pgsql-client'), application });
      await settled(juju);
      await juju.faults.failHook('postgresql/0', atTool, { signal: 'SIGKILL' });
      await juju.integrate(`${application}:db`, 'postgresql:db');
      const model = await settled(juju);
      assert.match(
        statusOf(model, `${application}/0`),
        /^active: dbname=/,
        `killed at tool ${atTool}`,
      );
      await query(published(model, application)['master'] ?? '', 'SELECT 1');
    }
  });
});

test('a PostgreSQL that was killed is started again at the next event, with its data', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    await juju.deploy({ path: charm('pgsql-client'), application: 'client' });
    await juju.integrate('client:db', 'postgresql:db');
    let model = await settled(juju);
    const { master = '' } = published(model, 'client');
    await query(master, 'CREATE TABLE kept AS SELECT 42 AS answer');

    await juju.faults.rebootMachine(model.units['postgresql/0']?.machine ?? '');
    model = await settled(juju);

    assert.match(statusOf(model, 'postgresql/0'), /^active: Primary/);
    assert.deepEqual(await query(master, 'SELECT answer FROM kept'), [{ answer: 42 }]);
  });
});
