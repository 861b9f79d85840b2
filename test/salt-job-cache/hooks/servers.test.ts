// Which servers are named, in which order, and when a master has to be started anew for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hostAndPort,
  knowsAll,
  type Server,
  serversToName,
} from '#salt-job-cache/hooks/servers.ts';

const server = (host: string, port = '5432'): Server => ({ host, port });
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((host) => server(host)) as [
  Server,
  Server,
  Server,
  Server,
];

test('one port is said once, several each with its server', () => {
  assert.deepEqual(hostAndPort([a, b]), { host: 'a,b', port: '5432' });
  assert.deepEqual(hostAndPort([a, server('b', '5433')]), { host: 'a,b', port: '5432,5433' });
});

test('a server that is away stays named, behind those that are there, until another one joins', () => {
  const first = serversToName([a, b, c], []);
  assert.deepEqual(first, [a, b, c]);
  const failedOver = serversToName([b, c], first);
  assert.deepEqual(failedOver, [b, c, a]);
  assert.ok(knowsAll(first, failedOver), 'no restart for a failover');
  assert.deepEqual(serversToName([b, a, c], failedOver), [b, a, c]);

  const joined = serversToName([b, c, d], failedOver);
  assert.deepEqual(joined, [b, c, d]);
  assert.equal(knowsAll(failedOver, joined), false);
});

test('whatever comes and goes, the primary is first, none is twice, and none of now is missing', () => {
  const servers = fc.uniqueArray(fc.constantFrom(a, b, c, d), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(servers, { minLength: 1 }), (history) => {
      let named: readonly Server[] = [];
      for (const now of history) {
        const next = serversToName(now, named);
        assert.deepEqual(next[0], now[0]);
        assert.ok(knowsAll(next, now));
        assert.equal(new Set(next).size, next.length);
        // Who was told of the servers before knows all of these, or each of these is there now.
        assert.ok(knowsAll(named, next) || next.length === now.length);
        named = next;
      }
    }),
  );
});
