// Python's str() and repr(), byte for byte as Python 3.11 writes them: Salt's own module stores targets,
// keyword arguments and returns this way.

import { checkDepth } from './depth.ts';
import { isNonprintable } from './nonprintable.ts';
import { floatText, intText, isFloat } from './numbers.ts';
import type { PythonValue } from './python-value.ts';
import { entriesOf, isList, PythonTuple } from './python-value.ts';
import { TextBuilder } from './text-builder.ts';

/** All but printable ASCII without quotes and backslashes, of which nearly every string is made. */
const special = /[^ !#-&(-[\]-~]/u;

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x09, String.raw`\t`],
  [0x0a, String.raw`\n`],
  [0x0d, String.raw`\r`],
  [0x5c, String.raw`\\`],
]);

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** What the first 256 characters are written as, the quote aside; null: as they are. */
const lowEscapes: readonly (string | null)[] = Array.from(
  { length: 256 },
  (_, code) => shortEscapes.get(code) ?? (isNonprintable(code) ? escaped(code) : null),
);

function escapeOf(codePoint: number): string | null {
  if (codePoint < lowEscapes.length) return lowEscapes[codePoint] ?? null;
  return isNonprintable(codePoint) ? escaped(codePoint) : null;
}

/** The quote Python chooses: the double one only where it saves escapes. */
function quoteFor(hasSingle: boolean, hasDouble: boolean): string {
  return hasSingle && !hasDouble ? '"' : "'";
}

function stringRepr(text: string): string {
  if (!special.test(text)) return `'${text}'`;
  const quote = quoteFor(text.includes("'"), text.includes('"'));
  const result = new TextBuilder();
  result.add(quote);
  // Copies whole stretches that need no escape.
  let copied = 0;
  for (let index = 0; index < text.length;) {
    const codePoint = text.codePointAt(index) ?? 0;
    const length = codePoint > 0xffff ? 2 : 1;
    const escape = text[index] === quote ? `\\${quote}` : escapeOf(codePoint);
    if (escape !== null) {
      if (copied < index) result.add(text.slice(copied, index));
      result.add(escape);
      copied = index + length;
    }
    index += length;
  }
  result.add(text.slice(copied));
  result.add(quote);
  return result.toString();
}

function bytesRepr(bytes: Uint8Array): string {
  const quote = quoteFor(bytes.includes(0x27), bytes.includes(0x22));
  const result = new TextBuilder();
  result.add(`b${quote}`);
  for (const byte of bytes) {
    const isQuote = byte === quote.codePointAt(0);
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    const plain = isPrintable ? String.fromCodePoint(byte) : escaped(byte);
    result.add(isQuote ? `\\${quote}` : (shortEscapes.get(byte) ?? plain));
  }
  result.add(quote);
  return result.toString();
}

function scalarRepr(value: null | boolean | number | bigint | string | Uint8Array): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return stringRepr(value);
  return value instanceof Uint8Array ? bytesRepr(value) : intText(value);
}

function repr(value: PythonValue, depth: number): string {
  if (isFloat(value)) return floatText(value, { nan: 'nan', infinity: 'inf' });
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
    return scalarRepr(value);
  }
  checkDepth(depth);
  if (isList(value)) return `[${value.map((item) => repr(item, depth + 1)).join(', ')}]`;
  if (value instanceof PythonTuple) {
    const items = value.items.map((item) => repr(item, depth + 1));
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  const entries = entriesOf(value).map(
    ([key, item]) => `${repr(key, depth + 1)}: ${repr(item, depth + 1)}`,
  );
  return `{${entries.join(', ')}}`;
}

/**
 * `repr(value)`. A lone surrogate is written as its escape.
 *
 * @throws {PythonError} `RecursionError` where it nests too deep, `ValueError` for an integer of too many digits
 */
export function pythonRepr(value: PythonValue): string {
  return repr(value, 1);
}

/** `str(value)`: a string is itself, everything else its repr(). */
export function pythonStr(value: PythonValue): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}
