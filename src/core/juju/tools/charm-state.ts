// The unit's state kept by the controller (3.21): loaded once in a hook, checked against its limits (H172).

import { unitNamed } from '../find.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import { loadBuffer } from './settings-buffer.ts';
import type { SettingsBuffer } from './settings-buffer.ts';
import type { Invocation } from './tool.ts';

const largestKey = 256;
const largestValue = 64 * 1024;
const largestState = 2 * 1024 * 1024;

export function charmState(invocation: Invocation): SettingsBuffer {
  const { context } = invocation;
  context.charmState ??= loadBuffer(unitNamed(invocation.model, context.unit).charmState);
  return context.charmState;
}

/** What is too large about one entry, or null. Sizes count bytes of UTF-8. */
export function entryProblem(key: string, value: string): string | null {
  if (utf8Length(key) > largestKey) return `max allowed key length (${largestKey}) exceeded`;
  if (utf8Length(value) > largestValue)
    return `max allowed value length (${largestValue}) exceeded`;
  return null;
}

/** What is too large about the whole state, or null. */
export function stateProblem(state: ReadonlyMap<string, string>): string | null {
  let bytes = 0;
  for (const [key, value] of state) bytes += utf8Length(key) + utf8Length(value);
  return bytes > largestState ? `max allowed size (${largestState}) exceeded` : null;
}
