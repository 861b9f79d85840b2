// Content of a secret: read from arguments and files, and printed (H181, H185). The model keeps every
// value as text under its key. A value that is no UTF-8 can't be text: it is kept in base64 under
// `key#base64`, the spelling it was given by.

import { utf8Length } from '#interfaces/utf8-length.ts';
import { own } from '../own.ts';
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from './bytes.ts';
import { goQuote } from './go-quote.ts';
import { readInput, readSettings } from './key-values.ts';
import type { Settings } from './settings-cache.ts';
import { runError, usageError } from './tool.ts';
import type { Invocation } from './tool.ts';

const keyPattern = /^[a-z](?:-?[a-z0-9]){2,}$/u;
const encodedSuffix = '#base64';
const fileSuffix = '#file';
const largestContent = 1024 * 1024;

/** Content from `key=value` arguments and `--file`; the file wins where both have a key. Exit 2 (H183). */
export function readContent(invocation: Invocation, args: readonly string[]): Settings {
  const content = new Map<string, string>();
  for (const argument of args) {
    const equals = argument.indexOf('=');
    if (equals < 1) throw usageError(`key value ${goQuote(argument)} not valid`);
    addEntry(invocation, content, argument.slice(0, equals), argument.slice(equals + 1));
  }
  const file = invocation.flags.get('file') ?? '';
  if (file !== '') {
    const entries = Object.entries(readSettings(readInput(invocation, file)));
    for (const [key, value] of entries) addEntry(invocation, content, key, value);
  }
  let bytes = 0;
  for (const [key, value] of content) bytes += utf8Length(key) + utf8Length(value);
  if (bytes > largestContent) throw usageError(`secret content too large: ${bytes} bytes`);
  return Object.fromEntries(content);
}

/** The suffix says how a value is given, not how it is kept; the later of two spellings of a key wins. */
function addEntry(
  invocation: Invocation,
  content: Map<string, string>,
  name: string,
  given: string,
): void {
  const encoded = name.endsWith(encodedSuffix);
  const key = name.replace(/#(?:base64|file)$/u, '');
  if (!keyPattern.test(key)) throw usageError(`key ${goQuote(key)} not valid`);
  content.delete(key);
  content.delete(key + encodedSuffix);
  if (!encoded) {
    content.set(key, name.endsWith(fileSuffix) ? readInput(invocation, given) : given);
    return;
  }
  const bytes = decodeBase64(given);
  if (bytes === null) throw usageError(`value of secret key ${goQuote(key)} is no valid base64`);
  const text = decodeUtf8(bytes);
  if (text === null) content.set(key + encodedSuffix, given);
  else content.set(key, text);
}

/** All values as texts. Bytes that are no text show replacement characters, as they would on a terminal. */
export function plainContent(content: Settings): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(content).map(([name, value]) =>
      name.endsWith(encodedSuffix)
        ? [name.slice(0, -encodedSuffix.length), lossyText(value)]
        : [name, value],
    ),
  );
}

/** One value, or its base64 for `key#base64`. Exit 1 when the secret has no such key. */
export function contentValue(content: Settings, name: string): string {
  const wantsEncoded = name.endsWith(encodedSuffix);
  const key = wantsEncoded ? name.slice(0, -encodedSuffix.length) : name;
  const text = own(content, key);
  if (text !== undefined) return wantsEncoded ? encodeBase64(encodeUtf8(text)) : text;
  const encoded = own(content, key + encodedSuffix);
  if (encoded === undefined) throw runError(`secret key value ${goQuote(key)} not found`);
  return wantsEncoded ? encoded : lossyText(encoded);
}

/** True for the same keys with the same values: then there is no new revision (H188). */
export function sameContent(left: Settings, right: Settings): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => own(left, name) === own(right, name));
}

function lossyText(encoded: string): string {
  const bytes = decodeBase64(encoded) ?? new Uint8Array();
  // Byte by byte is enough here: only what is plain ASCII survives on a terminal anyway.
  return [...bytes].map((byte) => (byte < 0x80 ? String.fromCodePoint(byte) : '\uFFFD')).join('');
}
