// Reads JSON as Python's json.loads does: keys keep their order, integers their digits, floats stay floats,
// NaN and the infinities are taken.

import { checkDepth, checkDigits } from './depth.ts';
import { PythonError } from './python-error.ts';
import type { PythonValue } from './python-value.ts';
import { PythonFloat } from './python-value.ts';
import { TextBuilder } from './text-builder.ts';

const numberForm = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/uy;
const hexForm = /[0-9a-fA-F]{4}/uy;
const words: readonly (readonly [string, PythonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PythonValue {
    this.#skipSpace();
    const value = this.#value(1);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('Extra data');
    return value;
  }

  #fail(problem: string): never {
    throw new PythonError('JSONDecodeError', `${problem} at character ${this.#at}`);
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.codePointAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  /** Takes one character, with the space around it, if it is next. */
  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  #value(depth: number): PythonValue {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === '{') return this.#dict(depth);
    if (first === '[') return this.#list(depth);
    if (first !== undefined && first >= '0' && first <= '9') return this.#number();
    const word = words.find(([name]) => this.#text.startsWith(name, this.#at));
    if (word === undefined) return this.#number();
    this.#at += word[0].length;
    return word[1];
  }

  #list(depth: number): PythonValue {
    checkDepth(depth);
    const items: PythonValue[] = [];
    this.#take('[');
    if (this.#take(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#take(','));
    this.#close(']');
    return items;
  }

  #dict(depth: number): PythonValue {
    checkDepth(depth);
    const dict = new Map<PythonValue, PythonValue>();
    this.#take('{');
    if (this.#take('}')) return dict;
    do {
      if (this.#text[this.#at] !== '"') this.#fail('Expecting property name in double quotes');
      const key = this.#string();
      if (!this.#take(':')) this.#fail("Expecting ':' delimiter");
      dict.set(key, this.#value(depth + 1));
    } while (this.#take(','));
    this.#close('}');
    return dict;
  }

  /** Space after the bracket belongs to what comes next, so that the end of the document is found there. */
  #close(bracket: string): void {
    if (this.#text[this.#at] !== bracket) this.#fail("Expecting ',' delimiter");
    this.#at += 1;
  }

  #number(): PythonValue {
    numberForm.lastIndex = this.#at;
    const match = numberForm.exec(this.#text);
    if (match === null) this.#fail('Expecting value');
    const [digits, fraction, exponent] = match;
    this.#at += digits.length;
    const value = Number(digits);
    if (fraction !== undefined || exponent !== undefined) {
      return Number.isInteger(value) ? new PythonFloat(value) : value;
    }
    // There is no negative zero among the integers.
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    checkDigits(digits.startsWith('-') ? digits.length - 1 : digits.length);
    return BigInt(digits);
  }

  #string(): string {
    this.#at += 1;
    const start = this.#at;
    const end = this.#plainEnd();
    if (this.#text[end] === '"') {
      this.#at = end + 1;
      return this.#text.slice(start, end);
    }
    return this.#stringWithEscapes();
  }

  /** Where the characters end that stand for themselves. */
  #plainEnd(): number {
    let end = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(end);
      // Not a number, which is what follows the last character, is not from 0x20 on either.
      if (code === 0x22 || code === 0x5c || !(code >= 0x20)) return end;
      end += 1;
    }
  }

  #stringWithEscapes(): string {
    const result = new TextBuilder();
    for (;;) {
      const end = this.#plainEnd();
      if (end > this.#at) result.add(this.#text.slice(this.#at, end));
      this.#at = end;
      const next = this.#text[end];
      if (next === '"') {
        this.#at += 1;
        return result.toString();
      }
      if (next !== '\\') {
        this.#fail(next === undefined ? 'Unterminated string' : 'Invalid control character');
      }
      result.add(this.#escape());
    }
  }

  #escape(): string {
    const character = this.#text[this.#at + 1] ?? '';
    if (character === 'u') {
      hexForm.lastIndex = this.#at + 2;
      const [digits] = hexForm.exec(this.#text) ?? this.#fail(String.raw`Invalid \u escape`);
      this.#at += 6;
      // A surrogate stays one: with the other half after it, it makes a character by itself.
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meant = Object.hasOwn(escapes, character) ? escapes[character] : undefined;
    if (meant === undefined) this.#fail(String.raw`Invalid \escape`);
    this.#at += 2;
    return meant;
  }
}

/**
 * The value of a JSON text. Dicts are Maps, integers are numbers where those are exact, else bigints;
 * a float without a fraction (`1.0`) is a `PythonFloat`. Of a key given twice the last value stays.
 *
 * @throws {PythonError} `JSONDecodeError` where it is no JSON, `RecursionError` where it nests too deep,
 *   `ValueError` for an integer of too many digits
 */
export function parseJson(text: string): PythonValue {
  return new Reader(text).document();
}
