// One troubled run from a seed: what the tests of the whole model have in common.

import { mend, startingModel, strike } from './fate.ts';
import { start } from './models.ts';
import { World, restlessCharm } from './world.ts';
import type { WorldOptions } from './world.ts';

/** A run of half an hour of trouble, then peace until everything has settled. */
export function live(seed: number, options: Omit<WorldOptions, 'seed'> = {}): World {
  const world = new World(startingModel(), {
    seed,
    charm: restlessCharm,
    troubles: 0.05,
    ...options,
  });
  try {
    const strikes = world.random.between(5, 30);
    for (let strikeNumber = 0; strikeNumber < strikes; strikeNumber += 1) {
      world.run(world.now + world.random.between(1, 90_000));
      strike(world);
    }
    mend(world);
    world.charm = () => ({ outcome: 'success' });
    world.settleDown();
    world.invariants.checkRest(world.model);
    return world;
  } catch (error) {
    const tail = world.history
      .slice(-40)
      .map(({ at, kind, unit, text }) => `${(at - start) / 1000} ${kind} ${unit} ${text}`);
    const problem = error instanceof Error ? error.message : String(error);
    const message = `Seed ${seed}: ${problem}. Repeat it with SEED=${seed}. It ended with:`;
    throw new Error([message, ...tail].join('\n  '), { cause: error });
  }
}
