// Mistakes the compiler finds in a handler of this charm. The lines that must not compile are the test:
// the compiler reports an expectation without an error.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { words } from '#hooks/context.ts';

const { handler, hook, when, whenAny, whenNot } = words;

test('a misspelt flag, endpoint or service does not compile', () => {
  const accepted = [
    when('postgresql.installed', 'db.database.requested'),
    whenAny('db-admin.departed', 'endpoint.cluster.joined'),
  ];
  const refused = [
    // @ts-expect-error a letter missing
    when('postgresql.instaled'),
    // @ts-expect-error an endpoint the charm does not have
    whenNot('dbadmin.database.requested'),
    // @ts-expect-error a kind of request there is not
    whenAny('db.privileges.requested'),
    handler('x', [hook('start')], ({ flags, services, endpoints }) => {
      // @ts-expect-error a flag set by a wrong name
      flags.set('postgresql.look_agian');
      // @ts-expect-error a service the charm does not have
      services.restart();
      // @ts-expect-error an endpoint the charm does not have
      endpoints.replication.requests();
    }),
  ];

  assert.equal(accepted.length + refused.length, 6);
});
