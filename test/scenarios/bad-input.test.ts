// What users get wrong, against real PostgreSQL: one clear sentence each, and nobody else is disturbed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { Model } from '#core/juju/model.ts';
import { withModel } from '../juju-local/with-model.ts';
import { built, published, query, settled, statusOf } from './suite.ts';

const served = /^active: dbname=/;

test("one client's bad request is named in the status and never stops another", async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    await juju.deploy({ path: charm('pgsql-client'), application: 'good' });
    await juju.deploy({ path: charm('pgsql-client'), application: 'bad' });
    await juju.integrate('good:db', 'postgresql:db');
    await juju.integrate('bad:db', 'postgresql:db');
    let model = await settled(juju);
    assert.match(statusOf(model, 'good/0'), served, 'a bag without a request gets a default');
    assert.equal(published(model, 'good')['database'], 'good');

    const ask = async (values: Readonly<Record<string, string>>): Promise<Model> => {
      await juju.setConfig('bad', { database: '', roles: '', extensions: '', ...values });
      return settled(juju);
    };
    const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [{ extensions: 'no_such_extension' }, /no_such_extension/],
      [{ roles: 'postgres' }, /"?postgres"?/],
      [{ roles: 'juju_good' }, /juju_good/],
      [{ database: 'x'.repeat(200) }, /at most 63/],
      [{ database: 'template1' }, /template1/],
    ];
    for (const [values, reason] of refused) {
      model = await ask(values);
      const status = statusOf(model, 'postgresql/0');
      assert.match(status, /^blocked: Relation db:\d+ keeps what it has: /, JSON.stringify(values));
      assert.match(status, reason);
      assert.match(statusOf(model, 'good/0'), served);
      await query(published(model, 'good')['master'] ?? '', 'SELECT 1');
    }

    model = await ask({ database: `we"ird 'name, Ü`, roles: 'readers', extensions: 'citext' });
    assert.match(statusOf(model, 'postgresql/0'), /^active: Primary/);
    const given = published(model, 'bad');
    assert.equal(given['database'], `we"ird 'name, Ü`);
    assert.equal(given['roles'], 'readers');
    const [row] = await query(
      given['master'] ?? '',
      `SELECT current_database() AS name, 'A'::citext = 'a'::citext AS equal,
              pg_has_role(current_user, 'readers', 'member') AS member`,
    );
    assert.deepEqual(row, { name: `we"ird 'name, Ü`, equal: true, member: true });
  });
});

test('two clients may share a database, each with a user of its own', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    for (const application of ['one', 'two']) {
      await juju.deploy({
        path: charm('pgsql-client'),
        application,
        config: { database: 'shared' },
      });
      await juju.integrate(`${application}:db`, 'postgresql:db');
    }
    const model = await settled(juju);
    for (const application of ['one', 'two']) {
      const given = published(model, application);
      assert.equal(given['database'], 'shared');
      assert.deepEqual(await query(given['master'] ?? '', 'SELECT current_user AS name'), [
        { name: `juju_${application}` },
      ]);
    }
  });
});

test('an administrator is a superuser, an ordinary user is not', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    await juju.deploy({ path: charm('pgsql-client'), application: 'boss' });
    await juju.deploy({ path: charm('pgsql-client'), application: 'clerk' });
    await juju.integrate('boss:admin', 'postgresql:db-admin');
    await juju.integrate('clerk:db', 'postgresql:db');
    const model = await settled(juju);
    const isSuper = `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication
                       FROM pg_roles WHERE rolname = current_user`;
    const none = { rolcreaterole: false, rolcreatedb: false, rolreplication: false };

    assert.deepEqual(await query(published(model, 'boss')['master'] ?? '', isSuper), [
      { ...none, rolsuper: true },
    ]);
    assert.deepEqual(await query(published(model, 'clerk')['master'] ?? '', isSuper), [
      { ...none, rolsuper: false },
    ]);
    // A client may not look into another's database.
    const stolen = (published(model, 'clerk')['master'] ?? '').replace(
      'dbname=clerk',
      'dbname=boss',
    );
    await assert.rejects(query(stolen, 'SELECT 1'));
  });
});

test('configuration that can not be used changes nothing but the status', async () => {
  await withModel(async ({ juju }) => {
    await assert.rejects(
      juju.deploy({ path: await built('postgresql'), config: { colour: 'blue' } }),
      /unknown option "colour"/,
    );
    await juju.deploy({ path: await built('postgresql') });
    let model = await settled(juju);
    const before = statusOf(model, 'postgresql/0');
    await assert.rejects(
      juju.setConfig('postgresql', { port: 'five' }),
      /expected int, got "five"/,
    );

    const wrong: readonly (readonly [string, string, RegExp])[] = [
      [
        'port',
        '70000',
        /^blocked: Cannot use port 70000: set it to a whole number from 1 to 65535/,
      ],
      ['version', '99', /^blocked: Cannot change version to 99: PostgreSQL \d+ is installed/],
      ['extra-pg-conf', 'no_such_setting = 1', /^blocked: .*no_such_setting/],
      ['extra-pg-conf', 'shared_buffers = huge', /^blocked: .*shared_buffers/],
      ['extra-pg-auth', 'let everybody in', /^blocked: .*let everybody in/],
      ['admin-addresses', 'not an address!', /^blocked: .*not an address!/],
    ];
    for (const [option, value, expected] of wrong) {
      await juju.setConfig('postgresql', { [option]: value });
      model = await settled(juju);
      assert.match(statusOf(model, 'postgresql/0'), expected);
      await juju.resetConfig('postgresql', [option]);
      model = await settled(juju);
      assert.equal(statusOf(model, 'postgresql/0'), before, `${option} set right again`);
    }
  });
});

test('a version that is not to be had is named with the command to run', async () => {
  await withModel(async ({ juju }) => {
    await juju.deploy({ path: await built('postgresql'), config: { version: '99' } });
    let model = await settled(juju);
    assert.match(statusOf(model, 'postgresql/0'), /^blocked: .*99/);

    await juju.resetConfig('postgresql', ['version']);
    model = await settled(juju);
    assert.match(statusOf(model, 'postgresql/0'), /^active: Primary/);
  });
});

test('a port in use is named, and taken as soon as it is free', async () => {
  const squatter = createServer().listen(0, '0.0.0.0');
  await once(squatter, 'listening');
  const address = squatter.address();
  assert.ok(typeof address === 'object' && address !== null);
  const port = String(address.port);
  try {
    await withModel(async ({ juju }) => {
      await juju.deploy({ path: await built('postgresql'), config: { port } });
      let model = await settled(juju);
      assert.match(statusOf(model, 'postgresql/0'), new RegExp(`^blocked: .*${port}.*in use`));

      squatter.close();
      await once(squatter, 'close');
      // Any event will do; this one changes nothing else.
      await juju.setConfig('postgresql', { 'max-connections': '90' });
      model = await settled(juju);
      assert.match(statusOf(model, 'postgresql/0'), new RegExp(`^active: Primary.*:${port}$`));
    });
  } finally {
    squatter.close();
  }
});
