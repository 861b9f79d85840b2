// Reads the section `watchdog`.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { WatchdogConfig } from './agent-config.ts';
import { watchdogDevice, watchdogSafetyMargin } from './defaults.ts';
import { section, textOf } from './json-fields.ts';
import { readInteger } from './read-value.ts';

const modeWords: ReadonlyMap<string, WatchdogConfig['mode']> = new Map([
  ['off', 'off'],
  ['disable', 'off'],
  ['disabled', 'off'],
  ['auto', 'automatic'],
  ['automatic', 'automatic'],
  ['require', 'required'],
  ['required', 'required'],
]);

/** YAML takes `off` for a boolean. Null where it is none of the words. */
export function readWatchdogMode(value: JsonValue | undefined): WatchdogConfig['mode'] | null {
  if (value === undefined || value === null) return 'automatic';
  if (value === false) return 'off';
  return modeWords.get(textOf(value)?.toLowerCase() ?? '') ?? null;
}

export function readWatchdog(file: JsonObject): WatchdogConfig {
  const watchdog = section(file, 'watchdog');
  return {
    mode: readWatchdogMode(watchdog['mode']) ?? 'off',
    device: textOf(watchdog['device']) ?? watchdogDevice,
    safetyMarginSeconds: readInteger(watchdog['safety_margin']) ?? watchdogSafetyMargin,
  };
}
