// The network of the model: delay, cuts in one direction, order within a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRandom } from '#core/random.ts';
import { Engine } from './engine/engine.ts';
import { Channel, fineWeather, Network } from './net/network.ts';

const still = { delayMs: 1, spikes: 0, loss: 0 } as const;

test('a message arrives after a while, and none over a cut link until it is mended', async () => {
  const engine = new Engine();
  const network = new Network(engine, createRandom(1));
  network.weather = still;
  const seen: string[] = [];
  network.send('a', 'b', () => seen.push('early'));
  await engine.run(10);
  const mend = network.cut('a', 'b');
  for (let count = 0; count < 20; count += 1) network.send('a', 'b', () => seen.push('held'));
  network.send('b', 'a', () => seen.push('back'));
  await engine.run(1000);
  assert.deepEqual(seen, ['early', 'back'], 'the other direction is not cut');
  mend();
  mend();
  await engine.run(5000);
  const late = seen.filter((each) => each === 'held').length;
  assert.ok(late > 0 && late < 20, `${late} of 20 come late, the others never`);
});

test('a link that two causes cut is mended when both have ended', async () => {
  const network = new Network(new Engine(), createRandom(1));
  const [one, other] = [network.cut('a', 'b'), network.cut('a', 'b')];
  one();
  assert.equal(network.isCut('a', 'b'), true);
  other();
  assert.equal(network.isCut('a', 'b'), false);
});

test('within a connection nothing overtakes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
      const engine = new Engine();
      const network = new Network(engine, createRandom(seed));
      network.weather = { ...fineWeather, spikes: 0.5 };
      const channel = new Channel(network, 'a', 'b');
      const seen: number[] = [];
      for (let count = 0; count < 30; count += 1) {
        engine.after(count, () => channel.send(() => seen.push(count)));
      }
      await engine.run(10_000);
      assert.deepEqual(
        seen,
        seen.toSorted((one, two) => one - two),
      );
      assert.ok(seen.length > 20);
    }),
    { numRuns: 30 },
  );
});
