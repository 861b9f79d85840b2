// The options of `npm start`.

import { parseArgs } from 'node:util';

export interface StartOptions {
  /** Take everything down at the end instead of waiting for Ctrl-C. */
  readonly once: boolean;
  readonly units: number;
  /** Where the model is kept; null for a directory of its own that goes with it. */
  readonly stateDir: string | null;
}

export const usage = `npm start -- [--once] [--units N] [--state-dir DIR]

  --once           take everything down at the end; exit 1 if anything failed
  --units N        units of postgresql, 1 to 9 (default 1); two and more are a cluster on a real etcd,
                   whose primary is killed in front of you
  --state-dir DIR  keep the model there instead of in a directory below /tmp`;

/** @throws Error with one sentence for an option that is not known or a value that can't be used */
export function startOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      units: { type: 'string', default: '1' },
      'state-dir': { type: 'string' },
    },
  });
  if (!/^[1-9]$/u.test(values.units)) {
    throw new Error(`--units ${values.units}: give a number from 1 to 9`);
  }
  return { once: values.once, units: Number(values.units), stateDir: values['state-dir'] ?? null };
}
