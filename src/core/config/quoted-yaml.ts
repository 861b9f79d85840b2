// Writes plain data as YAML that people can read, with every text in quotes, so that no parser takes a password
// for a number or a date. The order is the caller's: the same data give the same text.

import type { JsonObject, JsonValue } from '../dcs/cluster.ts';

const plainKey = /^[A-Za-z_][A-Za-z0-9_.-]*$/u;
/** Words older parsers take for something else than text. */
const tellingWords: ReadonlySet<string> = new Set([
  'y',
  'n',
  'yes',
  'no',
  'on',
  'off',
  'true',
  'false',
  'null',
]);

/** JSON's own form; what YAML does not take bare inside quotes is written by its number. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function keyText(key: string): string {
  return plainKey.test(key) && !tellingWords.has(key.toLowerCase()) ? key : quoted(key);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value that fits on the line it begins on; null for one that needs lines of its own. */
function inline(value: JsonValue): string | null {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : null;
  return Object.keys(value).length === 0 ? '{}' : null;
}

function lines(value: JsonValue, indent: string): readonly string[] {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, entry]) => {
      const short = inline(entry);
      if (short !== null) return [`${indent}${keyText(key)}: ${short}`];
      return [`${indent}${keyText(key)}:`, ...lines(entry, `${indent}  `)];
    });
  }
  const items = value as readonly JsonValue[];
  return items.flatMap((item) => {
    const short = inline(item);
    if (short !== null) return [`${indent}- ${short}`];
    const inner = lines(item, `${indent}  `);
    // The first line of a nested value stands behind the dash.
    return inner.map((line, index) =>
      index === 0 ? `${indent}- ${line.slice(indent.length + 2)}` : line,
    );
  });
}

/** The text of a document. */
export function yamlText(document: JsonObject): string {
  return `${lines(document, '').join('\n')}\n`;
}
