// Where the unit listens and what its clients are told, from what network-get says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkInfo } from '#charm/tools/network-tools.ts';
import type { Context } from '#hooks/context.ts';
import { hostFor, knownNetwork, readNetwork } from '#hooks/network.ts';

const info = (bindAddress: string | null, ingressAddress: string | null): NetworkInfo => ({
  bindAddresses: [],
  bindAddress,
  ingressAddress,
  ingressAddresses: [],
  egressSubnets: [],
});

/** A context in which each binding, or `binding relation`, has the network given for it. */
function contextWith(networks: Readonly<Record<string, NetworkInfo>>): Context {
  const kept = new Map<string, unknown>();
  const networkGet: Context['tools']['networkGet'] = (binding, options = {}) => {
    const name = [binding, options.relation].filter(Boolean).join(' ');
    const found = networks[name];
    assert.ok(found !== undefined, `asked for ${name}`);
    return found;
  };
  const data = {
    get: (key: string) => kept.get(key),
    set: (key: string, value: unknown) => void kept.set(key, value),
    unset: (key: string) => void kept.delete(key),
  };
  // No more of a context is needed to ask for a network and to keep the answer.
  return { tools: { networkGet }, data } as unknown as Context;
}

test('a unit whose endpoints are bound to two networks listens in both, and tells the first', () => {
  const context = contextWith({
    db: info('10.0.0.1', '192.0.2.1'),
    'db-admin': info('10.9.0.1', '10.9.0.1'),
  });

  assert.deepEqual(readNetwork(context), {
    listenAddress: '10.0.0.1,10.9.0.1',
    host: '192.0.2.1',
  });
});

test('an address that both endpoints have is listened on once, and told where no other is known', () => {
  const context = contextWith({ db: info('10.0.0.1', null), 'db-admin': info('10.0.0.1', null) });

  assert.deepEqual(knownNetwork(context), { listenAddress: '10.0.0.1', host: '10.0.0.1' });
});

test('while the machine has no address there is no network, and what was known stays', () => {
  const networks = { db: info(null, null), 'db-admin': info(null, null) };
  assert.equal(knownNetwork(contextWith(networks)), null);
  assert.equal(
    readNetwork(contextWith({ ...networks, db: info(null, '192.0.2.1') })),
    null,
    'an address to be reached at is none to listen on',
  );
});

test('Juju is asked once, and not again before it says that something changed', () => {
  const networks = { db: info('10.0.0.1', '10.0.0.1'), 'db-admin': info('10.0.0.1', '10.0.0.1') };
  const context = contextWith(networks);
  knownNetwork(context);
  networks.db = info('10.0.0.2', '10.0.0.2');

  assert.equal(knownNetwork(context)?.host, '10.0.0.1');
  assert.equal(readNetwork(context)?.host, '10.0.0.2');
  assert.equal(knownNetwork(context)?.host, '10.0.0.2');
});

test('T60: a client in another model is told the address it sees us at', () => {
  const known = { listenAddress: '10.0.0.1', host: '10.0.0.1' };
  const context = contextWith({
    'db db:7': info('10.0.0.1', '203.0.113.9'),
    'db-admin db-admin:8': info('10.0.0.1', null),
  });

  assert.equal(hostFor(context, 'db:7', known), '203.0.113.9');
  assert.equal(hostFor(context, 'db-admin:8', known), '10.0.0.1');
});
