// A server that says no to a client: what it published stays, and what was asked is not claimed to be done.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import { FakeEndpoint, FakeRelation } from './fake-endpoint.ts';

interface Serving {
  readonly endpoint: FakeEndpoint;
  readonly relation: FakeRelation;
  /** The client asks for this; what the server's class says next. */
  ask(request: Readonly<Record<string, string>>): PostgreSQL;
}

function serving(): Serving {
  const relation = new FakeRelation({ id: 1, remoteApplication: 'app', units: { 'app/0': {} } });
  const endpoint = new FakeEndpoint('pg/0', [relation]);
  const manage = (): PostgreSQL => {
    const server = new PostgreSQL(endpoint);
    server.manageFlags();
    return server;
  };
  return {
    endpoint,
    relation,
    ask(request) {
      relation.units = { 'app/0': request };
      endpoint.hook('changed', relation, 'app/0');
      return manage();
    },
  };
}

function publish(server: PostgreSQL): void {
  server.publish(1, {
    database: 'shop',
    user: 'juju_app',
    password: 'PW',
    host: '10.0.0.1',
    port: 5432,
    state: 'standalone',
  });
}

test('T8: what is published stays as it is when another request is refused, old echoes included', () => {
  const { endpoint, relation, ask } = serving();
  publish(ask({ database: 'shop', extensions: 'citext' }));
  const before = relation.ownUnit;

  const server = ask({ database: 'shop', extensions: 'citext,postgis' });
  server.refuse(1, 'there is no postgis');

  assert.deepEqual(relation.ownUnit, before);
  assert.equal(relation.ownUnit['extensions'], 'citext');
  assert.deepEqual(server.refused(), [{ relationId: 1, problem: 'there is no postgis' }]);
  assert.equal(server.served().length, 1);
  assert.deepEqual(endpoint.flags.all, [], 'it is not pending any more');
});

test('a request that is refused stays refused, another one is judged anew', () => {
  const { endpoint, ask } = serving();
  publish(ask({ database: 'shop' }));
  ask({ database: 'shop', roles: 'odd' }).refuse(1, 'no odd');

  assert.equal(ask({ database: 'shop', roles: 'odd' }).refused().length, 1);
  assert.deepEqual(endpoint.flags.all, []);
  const server = ask({ database: 'shop', roles: 'reader' });
  assert.deepEqual(server.refused(), []);
  assert.ok(endpoint.flags.isSet('db.roles.requested'));
});

test('with retry the request stays pending, and being served ends the refusal', () => {
  const { endpoint, relation, ask } = serving();
  publish(ask({ database: 'shop' }));
  const server = ask({ database: 'shop', roles: 'reader' });
  server.refuse(1, 'not now', { retry: true });

  assert.ok(endpoint.flags.isSet('db.roles.requested'));
  assert.equal(server.refused().length, 1);
  publish(server);
  assert.deepEqual(server.refused(), []);
  assert.equal(relation.ownUnit['roles'], 'reader');
});

test('a client that was never served is refused without a word in any bag', () => {
  const { endpoint, relation, ask } = serving();
  const server = ask({ database: 'postgres' });
  server.refuse(1, 'reserved');

  assert.deepEqual(relation.ownUnit, {});
  assert.deepEqual(relation.ownApplication, {});
  assert.deepEqual(endpoint.flags.all, []);
});

test('units that join a refused client are let in to what it has', () => {
  const { relation, ask } = serving();
  publish(ask({ database: 'shop', 'ingress-address': '10.1.0.1' }));
  const server = ask({ database: 'postgres', 'ingress-address': '10.1.0.2' });
  server.refuse(1, 'reserved');
  server.admit(1);

  assert.equal(relation.ownUnit['database'], 'shop');
  assert.equal(relation.ownUnit['allowed-subnets'], '10.1.0.2/32');
  assert.equal(server.refused().length, 1);
});

test('a relation nobody knows of can not be refused', () => {
  const { ask } = serving();
  const server = ask({});

  assert.throws(() => server.refuse(99, 'no'), { code: 'UNKNOWN_RELATION' });
});
