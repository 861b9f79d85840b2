// The map a tool reads from `--file -`. Juju reads it as YAML, of which JSON is nearly a part; this
// file closes the gap, so that every text arrives as it was.

import { HookToolError } from './errors.ts';
import { checkText } from './text.ts';

/**
 * Characters YAML does not take as they are inside quotes: the C1 controls and DEL (refused), the
 * line breaks U+0085, U+2028 and U+2029 (folded into a space), the byte order mark, and U+FFFE and
 * U+FFFF. JSON.stringify leaves all of these bare. Characters above U+FFFF must stay bare, because
 * YAML refuses the surrogates JSON would spell them with.
 */
const special = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

/** YAML looks for the colon after a key no further than 1024 characters. */
const keyCharactersMax = 1000;

/**
 * The map as text that means the same as JSON and as YAML. @throws HookToolError of kind `usage` for
 * an empty or overlong key, and for text Juju can't keep
 */
export function mapAsYaml(tool: string, map: ReadonlyMap<string, string>): string {
  const entries: string[] = [];
  for (const [key, value] of map) {
    checkKey(tool, key);
    checkText(tool, `the value of '${key}'`, value);
    entries.push(`${quote(key)}: ${quote(value)}`);
  }
  return `{${entries.join(', ')}}`;
}

/** @throws HookToolError of kind `usage` for a key no tool could store or read back */
export function checkKey(tool: string, key: string): void {
  checkText(tool, 'a key', key);
  if (key !== '' && key.length <= keyCharactersMax) return;
  throw new HookToolError({
    kind: 'usage',
    tool,
    detail: `a key has ${key.length} characters, need 1 to ${keyCharactersMax}`,
  });
}

function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    special,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
