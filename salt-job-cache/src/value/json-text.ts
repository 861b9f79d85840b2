// JSON as Python's json.dumps(ensure_ascii=False) writes it, byte for byte: separators, floats, keys.

import { checkDepth } from './depth.ts';
import { floatText, intText, isFloat } from './numbers.ts';
import { PythonError } from './python-error.ts';
import type { PythonDict, PythonValue } from './python-value.ts';
import { entriesOf, isList, PythonTuple } from './python-value.ts';

/** What stands for values JSON has no form for; Python refuses them. */
export interface JsonRules {
  /** Bytes as a value. */
  bytes(bytes: Uint8Array): PythonValue;
  /** A key that is neither text, number, bool nor None. */
  key(key: PythonValue): string;
}

const typeNames: readonly (readonly [(value: PythonValue) => boolean, string])[] = [
  [(value) => value instanceof Uint8Array, 'bytes'],
  [(value) => value instanceof PythonTuple, 'tuple'],
  [isList, 'list'],
];

function typeName(value: PythonValue): string {
  return typeNames.find(([fits]) => fits(value))?.[1] ?? 'dict';
}

/** Python's own rules: refuses. */
export const pythonRules: JsonRules = {
  bytes() {
    throw new PythonError('TypeError', 'Object of type bytes is not JSON serializable');
  },
  key(key) {
    throw new PythonError(
      'TypeError',
      `keys must be str, int, float, bool or None, not ${typeName(key)}`,
    );
  },
};

const special = { nan: 'NaN', infinity: 'Infinity' };

/** JavaScript escapes in a string what Python does, and lone surrogates, which no encoding could carry. */
const stringText = (text: string): string => JSON.stringify(text);

function keyText(key: PythonValue, rules: JsonRules): string {
  if (typeof key === 'string') return stringText(key);
  if (key === null || typeof key === 'boolean') return `"${String(key)}"`;
  if (isFloat(key)) return `"${floatText(key, special)}"`;
  if (typeof key === 'number' || typeof key === 'bigint') return `"${intText(key)}"`;
  return stringText(rules.key(key));
}

function dictText(dict: PythonDict, rules: JsonRules, depth: number): string {
  const entries = entriesOf(dict).map(
    ([key, item]) => `${keyText(key, rules)}: ${write(item, rules, depth + 1)}`,
  );
  return `{${entries.join(', ')}}`;
}

function write(value: PythonValue, rules: JsonRules, depth: number): string {
  if (typeof value === 'string') return stringText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isFloat(value)) return floatText(value, special);
  if (typeof value === 'number' || typeof value === 'bigint') return intText(value);
  checkDepth(depth);
  if (value instanceof Uint8Array) return write(rules.bytes(value), rules, depth + 1);
  if (isList(value) || value instanceof PythonTuple) {
    const items = value instanceof PythonTuple ? value.items : value;
    return `[${items.map((item) => write(item, rules, depth + 1)).join(', ')}]`;
  }
  return dictText(value, rules, depth);
}

/**
 * The JSON text of a value; one line. NaN and the infinities are written as Python does (`NaN`), and read by
 * `parseJson`. A lone surrogate becomes its escape (`\ud800`), which Python reads back as it was.
 *
 * @param rules what to write for values that have no JSON; by default they are refused
 * @throws {PythonError} `TypeError` for bytes and for keys of other types, `RecursionError` where it nests
 *   too deep, `ValueError` for an integer of too many digits
 */
export function jsonText(value: PythonValue, rules: JsonRules = pythonRules): string {
  return write(value, rules, 1);
}
