import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { claimAddress } from '#adapters/net/unix-listener.ts';
import type { ProcessEntry } from '#adapters/system/process-table.ts';
import { addressOf, networkFor, Networks, networksNeeded } from '#juju-local/machine/loopback.ts';
import { endProcesses, processesBelow } from '#juju-local/machine/model-processes.ts';

test('networks are loopback, clear of 127.0 and 127.1, and the next attempt is another one', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(200), (path, attempt) => {
      const [first, second] = networkFor(path, attempt).split('.').map(Number);
      assert.ok(first !== undefined && first >= 16 && first <= 254);
      assert.ok(second !== undefined && second >= 0 && second <= 255);
      assert.notEqual(networkFor(path, attempt), networkFor(path, attempt + 1));
    }),
  );
});

test('every machine has an address of its own, over as many networks as it takes', () => {
  const networks = ['20.1', '30.7'];
  const addresses = Array.from({ length: 490 }, (_, machine) =>
    addressOf(String(machine), networks),
  );
  assert.equal(new Set(addresses).size, 490);
  assert.equal(addresses[0], '127.20.1.10');
  assert.equal(addresses[244], '127.20.1.254');
  assert.equal(addresses[245], '127.30.7.10');
  assert.deepEqual([networksNeeded(0), networksNeeded(245), networksNeeded(246)], [1, 1, 2]);
  assert.throws(() => addressOf('490', networks), /2 networks taken/u);
});

test('a network that is taken is passed over, and one that was ours before is asked for by name', async () => {
  const path = `/nowhere/${process.pid}`;
  const squatter = await claimAddress(`127.${networkFor(path, 0)}.1`, 17_070);
  const networks = new Networks(path);
  await networks.grow(300);
  assert.deepEqual(networks.names, [networkFor(path, 1), networkFor(path, 2)]);
  assert.equal(networks.apiAddress, `127.${networkFor(path, 1)}.1:17070`);
  await assert.rejects(new Networks(path).reclaim([networkFor(path, 1)]), {
    name: 'UserError',
    message: /taken by another program/u,
  });
  await networks.release();
  await squatter?.close();
});

function entry(pid: number, about: Partial<ProcessEntry>): ProcessEntry {
  return {
    pid,
    parent: 1,
    session: pid,
    hasTerminal: false,
    startedAt: '1',
    state: 'S',
    executable: '/bin/x',
    workingDirectory: '/',
    environment: [],
    ...about,
  };
}

test('only what a hook can have started is taken for a process of the model', () => {
  const below = '/s/m/0';
  const table = [
    entry(10, { workingDirectory: `${below}/charm` }),
    entry(11, { parent: 10, session: 10 }),
    entry(12, { executable: `${below}/charm/bin/node` }),
    entry(13, { environment: [`JUJU_CHARM_DIR=${below}/charm`] }),
    entry(14, { session: 13 }),
    // A person's shell in the directory, and what it runs.
    entry(20, { workingDirectory: below, hasTerminal: true }),
    // The program that asks, which stands in the directory, its parent too, and the controller.
    entry(30, { workingDirectory: below }),
    entry(31, { parent: 30, workingDirectory: below }),
    entry(40, { environment: [`CHARM_DIR=${below}/x`] }),
    // Names that only look alike, a variable that tells nothing, and one that has ended already.
    entry(50, { workingDirectory: '/s/m/01' }),
    entry(51, { environment: [`PWD=${below}`] }),
    entry(52, { workingDirectory: below, state: 'Z' }),
    entry(1, { workingDirectory: below }),
  ];
  const found = processesBelow(below, table, [31, 40]).map(({ pid }) => pid);
  assert.deepEqual(found, [10, 11, 12, 13, 14]);
});

test('what outlives every signal is an error that names it', async () => {
  let now = 0;
  const wait = {
    now: () => now,
    delay: async () => {
      now += 1000;
    },
  };
  const self = entry(process.pid, { startedAt: 'never' });
  await endProcesses(() => [self], wait);
  assert.ok(now >= 9000, 'each signal got its time, and then the entry turned out to be gone');
});
