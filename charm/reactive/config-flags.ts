// Flags of the charm's configuration, derived when a handler asks for one: `config.changed`,
// `config.changed.<option>`, `config.set.<option>`, `config.default.<option>`. They hold for one hook.

import type { FlagsPort, StorePort } from '#interfaces/ports.ts';
import type { Config } from '../tools/config-tools.ts';
import { canonicalJson } from './data-changed.ts';
import type { FlagSource } from './flag-set.ts';

/** The charm's options and their defaults, null where an option has none. */
export type ConfigDefaults = Readonly<Record<string, string | number | boolean | null>>;

const previousKey = 'config.previous';

/**
 * Flags of the options against what they were when somebody last asked. The first look finds every
 * option changed. `defaults` null: the charm does not say, and no `config.default` flag is set.
 */
export function configFlags(
  store: StorePort,
  readConfig: () => Config,
  defaults: ConfigDefaults | null,
): FlagSource {
  return {
    family: 'config',
    fill(flags) {
      const now = new Map<string, unknown>(Object.entries(readConfig()));
      const before = readPrevious(store);
      for (const option of changedOptions(before, now, defaults)) {
        flags.set('config.changed');
        flags.set(`config.changed.${option}`);
      }
      for (const [option, value] of now) describe(flags, option, value, defaults);
      store.set(previousKey, Object.fromEntries(now));
    },
  };
}

function describe(
  flags: FlagsPort,
  option: string,
  value: unknown,
  defaults: ConfigDefaults | null,
): void {
  // By truth, so that 0, false and an empty text count as not set.
  flags.toggle(`config.set.${option}`, Boolean(value));
  const isKnown = defaults !== null && Object.hasOwn(defaults, option);
  flags.toggle(`config.default.${option}`, isKnown && defaults[option] === value);
}

function changedOptions(
  before: ReadonlyMap<string, unknown>,
  now: ReadonlyMap<string, unknown>,
  defaults: ConfigDefaults | null,
): readonly string[] {
  const changed = [...now.keys()].filter((option) => {
    return (
      !before.has(option) || canonicalJson(before.get(option)) !== canonicalJson(now.get(option))
    );
  });
  // An option without a value is not reported, so one that went away was reset. One the charm no
  // longer has went away as well, which is no news to anybody (T47).
  const gone = [...before.keys()].filter((option) => {
    return !now.has(option) && (defaults === null || Object.hasOwn(defaults, option));
  });
  return [...changed, ...gone];
}

function readPrevious(store: StorePort): ReadonlyMap<string, unknown> {
  const value = store.get(previousKey);
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
