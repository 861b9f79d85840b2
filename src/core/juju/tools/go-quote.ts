// Writes a text between double quotes the way Go's `%q` does, since Juju's error texts are made with it.

const named: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** `say "hi"` becomes `"say \"hi\""`. Characters that do not print come out as \x, \u or \U escapes. */
export function goQuote(text: string): string {
  let quoted = '';
  for (const character of text) quoted += named.get(character) ?? escapeUnprintable(character);
  return `"${quoted}"`;
}

/** `["a" "b"]`, which is `%q` of a list of strings. */
export function goQuoteList(texts: readonly string[]): string {
  return `[${texts.map(goQuote).join(' ')}]`;
}

function escapeUnprintable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  // A lone surrogate is no character of UTF-8; Go would have read its replacement.
  if (code >= 0xd800 && code <= 0xdfff) return '\uFFFD';
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
