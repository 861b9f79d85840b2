// libpq's keyword/value form of a connection string, `host=db.example port=5432`, read and written.
// Reading follows libpq's own rules to the letter, down to `host= port=1` meaning the host "port=1".
// Errors give positions only: the text around a mistake may well be part of a password (T18).

import { PgsqlError } from './errors.ts';

// The blanks of C's isspace, which is what libpq asks. JavaScript's \s knows more of them.
const BLANKS = ' \t\n\v\f\r';

/** A keyword can be written if a reader can tell where it ends. */
export function isKeyword(text: string): boolean {
  return text !== '' && text.isWellFormed() && !/[\s=\0]/.test(text);
}

function syntaxError(position: number, found: string, expected: string): PgsqlError {
  return new PgsqlError(
    'CONNECTION_STRING_SYNTAX',
    `Cannot read a connection string: at position ${position} found ${found}, expected ${expected}`,
    'Correct the string at that position; its content is left out of this message on purpose',
    { position },
  );
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && BLANKS.includes(text.charAt(at))) at += 1;
  return at;
}

/**
 * Reads the form into keyword and value, in the order of first mention. The last value of a keyword
 * wins. Throws `CONNECTION_STRING_SYNTAX` with the position, counted from 0.
 */
export function parseKeywordValue(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    const start = at;
    while (at < text.length && text.charAt(at) !== '=' && !BLANKS.includes(text.charAt(at)))
      at += 1;
    const keyword = text.slice(start, at);
    at = skipBlanks(text, at);
    if (text.charAt(at) !== '=') {
      throw syntaxError(at, at < text.length ? 'another word' : 'the end', 'an equals sign');
    }
    if (keyword === '') throw syntaxError(start, 'an equals sign', 'a keyword before it');
    const value = readValue(text, skipBlanks(text, at + 1));
    values.set(keyword, value.value);
    at = skipBlanks(text, value.end);
  }
  return values;
}

/** Reads one value that begins at `start`; `end` is where the next keyword may begin. */
function readValue(text: string, start: number): { readonly value: string; readonly end: number } {
  const isQuoted = text.charAt(start) === "'";
  let value = '';
  let at = isQuoted ? start + 1 : start;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '\\') {
      // A backslash takes the next character as it is; at the very end it stands for nothing.
      value += text.charAt(at + 1);
      at += 2;
    } else if (isQuoted ? character === "'" : BLANKS.includes(character)) {
      return { value, end: at + 1 };
    } else {
      value += character;
      at += 1;
    }
  }
  if (isQuoted) throw syntaxError(start, 'a quote that is never closed', 'a closing quote');
  return { value, end: text.length };
}

/**
 * One `keyword=value`. Quotes appear only around blanks: there are clients that split at single blanks,
 * and a value without blanks must reach them whole.
 */
export function printPair(keyword: string, value: string): string {
  // A comma before what looks like a keyword is escaped, as some servers join whole strings by commas
  // and a reader has to tell the two apart (T12). libpq reads `\,` as a comma.
  const escaped = value.replace(/[\\']|,(?=\s*\w+\s*=)/g, String.raw`\$&`);
  return /\s/.test(value) || value === '' ? `${keyword}='${escaped}'` : `${keyword}=${escaped}`;
}
