// Settings a hook works on before they are committed: loaded once, its own writes visible at once (H75),
// invisible to everybody else until the commit (H76). The same buffer serves databags and charm state.

import type { Settings } from './settings-cache.ts';

export interface SettingsBuffer {
  readonly loaded: Settings;
  readonly current: Map<string, string>;
  /** Something was written, even if only what was there already. */
  dirty: boolean;
}

export function loadBuffer(loaded: Settings): SettingsBuffer {
  return { loaded, current: new Map(Object.entries(loaded)), dirty: false };
}

export function setInBuffer(buffer: SettingsBuffer, key: string, value: string): void {
  buffer.current.set(key, value);
  buffer.dirty = true;
}

export function deleteFromBuffer(buffer: SettingsBuffer, key: string): void {
  buffer.current.delete(key);
  buffer.dirty = true;
}

/** The whole buffer as a change of a bag: deleted keys are empty, as Juju sends them (E67, H90). */
export function bufferAsChange(buffer: SettingsBuffer): Settings {
  const deleted = Object.keys(buffer.loaded).filter((key) => !buffer.current.has(key));
  return Object.fromEntries([...deleted.map((key) => [key, ''] as const), ...buffer.current]);
}
