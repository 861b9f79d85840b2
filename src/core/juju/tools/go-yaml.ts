// YAML in the block style of Go's yaml.v2 (H23): lists inside maps are not indented, empty collections are
// `[]` and `{}`, and map keys are in the library's own natural order.

import { yamlKey, yamlScalar } from './go-yaml-scalar.ts';
import { isList, isMap } from './output-value.ts';
import type { OutputValue } from './output-value.ts';

// Longer keys are written on a line of their own, after a question mark.
const longestSimpleKey = 128;

/** A whole document, with its last newline. */
export function goYaml(value: OutputValue): string {
  return `${block(value, '')}\n`;
}

/**
 * The text of a value whose first line follows what the caller wrote; lines after it begin with `indent`.
 * The newline after its last line is the caller's to write.
 */
function block(value: OutputValue, indent: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return yamlScalar(value, `${indent}  `);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return value.map((item) => `- ${afterMark(item, indent)}`).join(`\n${indent}`);
  }
  const fields = fieldsOf(value);
  if (fields.length === 0) return '{}';
  return fields.map(([name, field]) => entry(name, field, indent)).join(`\n${indent}`);
}

/** What follows `- ` or `: `: a collection starts two columns further in, a text does not. */
function afterMark(value: OutputValue, indent: string): string {
  return block(value, typeof value === 'string' ? indent : `${indent}  `);
}

function entry(name: string, value: OutputValue, indent: string): string {
  const key = yamlKey(name);
  if (key.length > longestSimpleKey) return `? ${key}\n${indent}: ${afterMark(value, indent)}`;
  if (value === null || typeof value !== 'object') return `${key}: ${block(value, indent)}`;
  if (isList(value)) {
    return value.length === 0 ? `${key}: []` : `${key}:\n${indent}${block(value, indent)}`;
  }
  if (fieldsOf(value).length === 0) return `${key}: {}`;
  return `${key}:\n${indent}  ${block(value, `${indent}  `)}`;
}

function fieldsOf(
  value: Exclude<OutputValue, null | string | number | boolean | readonly OutputValue[]>,
): readonly (readonly [string, OutputValue])[] {
  if (!isMap(value)) return value.fields;
  return [...value].sort(([left], [right]) => compareNaturally(left, right));
}

/**
 * The library's order of keys: digits count as numbers (`a9` before `a10`), other signs come before
 * letters, and a prefix comes before what it begins.
 */
export function compareNaturally(left: string, right: string): number {
  const leftRunes = Array.from(left);
  const rightRunes = Array.from(right);
  const shared = Math.min(leftRunes.length, rightRunes.length);
  for (let index = 0; index < shared; index++) {
    const leftRune = leftRunes[index] ?? '';
    const rightRune = rightRunes[index] ?? '';
    if (leftRune === rightRune) continue;
    const leftIsLetter = /\p{L}/u.test(leftRune);
    const rightIsLetter = /\p{L}/u.test(rightRune);
    if (leftIsLetter && rightIsLetter) return codePoint(leftRune) - codePoint(rightRune);
    if (leftIsLetter || rightIsLetter) return rightIsLetter ? -1 : 1;
    return (
      compareDigits(digitsAt(leftRunes, index), digitsAt(rightRunes, index)) ||
      codePoint(leftRune) - codePoint(rightRune)
    );
  }
  return leftRunes.length - rightRunes.length;
}

/** The run of digits a position stands in, so that `a10` and `a19` compare 10 with 19 and not 0 with 9. */
function digitsAt(runes: readonly string[], index: number): string {
  let start = index;
  while (start > 0 && /[0-9]/u.test(runes[start - 1] ?? '')) start--;
  let end = index;
  while (/[0-9]/u.test(runes[end] ?? '')) end++;
  return runes.slice(start, end).join('');
}

function compareDigits(left: string, right: string): number {
  if (left === '' || right === '') return 0;
  const leftNumber = left.replace(/^0+(?=.)/u, '');
  const rightNumber = right.replace(/^0+(?=.)/u, '');
  if (leftNumber.length !== rightNumber.length) return leftNumber.length - rightNumber.length;
  if (leftNumber !== rightNumber) return leftNumber < rightNumber ? -1 : 1;
  return left.length - right.length;
}

function codePoint(rune: string): number {
  return rune.codePointAt(0) ?? 0;
}
