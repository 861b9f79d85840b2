// JSON as Go's encoder writes it: compact, map keys sorted, and the characters that could end a script
// element escaped (H22).

import { compareCodePoints, isList, isMap } from './output-value.ts';
import type { OutputValue } from './output-value.ts';

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** One line of JSON without the newline. */
export function goJson(value: OutputValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return goJsonString(value);
  // JavaScript and Go agree on the shortest digits and on where exponents begin.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(goJson).join(',')}]`;
  const fields = isMap(value)
    ? [...value].sort(([left], [right]) => compareCodePoints(left, right))
    : value.fields;
  return `{${fields.map(([name, field]) => `${goJsonString(name)}:${goJson(field)}`).join(',')}}`;
}

function goJsonString(text: string): string {
  let quoted = '';
  for (const character of text) quoted += escapes.get(character) ?? escapeCharacter(character);
  return `"${quoted}"`;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // A lone surrogate can't be written in UTF-8; Go prints the replacement character's escape.
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  const unsafe = code < 0x20 || '<>&\u2028\u2029'.includes(character);
  return unsafe ? `\\u${code.toString(16).padStart(4, '0')}` : character;
}
