// One text as a YAML scalar, in the style Go's yaml.v2 chooses for it (H23): plain where that is safe, a
// literal block for several lines, quotes otherwise.

const booleans: readonly string[] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'],
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'],
];
const otherWords: readonly string[] = ['', '~', 'null', 'Null', 'NULL', '<<'];
const specialFloat = /^(?:\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF))$/u;
const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)$/u;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/u;
const timestamp =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt][0-9:.]+(?:Z|[-+][0-9]{2}:[0-9]{2})| [0-9:.]+))?$/u;

// What the library takes for printable; everything else, tabs and emoji included, it escapes.
const unprintable = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;
const lineBreaks = /[\r\n\x85\u2028\u2029]/u;
const startIndicator = /^(?:[#,[\]{}&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/u;
const innerIndicator = /:(?:\s|$)|\s#/u;

const escapes: ReadonlyMap<string, string> = new Map([
  ...(['"', '\\'] as const).map((character) => [character, `\\${character}`] as const),
  ['\0', '\\0'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\u001b', '\\e'],
  ['\u0085', '\\N'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

/** A scalar that stands after `key: ` or `- `; `indent` is the text put before each line of a block. */
export function yamlScalar(text: string, indent: string): string {
  if (!text.includes('\n')) return yamlKey(text);
  const literalIsSafe = !/ $| [\r\n]/u.test(text) && !isSpecial(text);
  return literalIsSafe ? literalBlock(text, indent) : doubleQuoted(text);
}

/** The same on one line, as keys of maps have to be. */
export function yamlKey(text: string): string {
  if (text.includes('\n') || looksTyped(text) || isSpecial(text)) return doubleQuoted(text);
  const plainIsSafe =
    !/^ | $/u.test(text) && !startIndicator.test(text) && !innerIndicator.test(text);
  return plainIsSafe ? text : `'${text.replaceAll("'", "''")}'`;
}

/** True when a reader would take the plain text for a number, a boolean, null or a date. */
function looksTyped(text: string): boolean {
  if (booleans.includes(text) || otherWords.includes(text)) return true;
  const digits = /^[-+0-9.]/u.test(text) ? text.replaceAll('_', '') : text;
  return (
    [specialFloat, integer, float].some((pattern) => pattern.test(digits)) ||
    sexagesimal.test(text) ||
    timestamp.test(text)
  );
}

/** Characters that only double quotes can carry. */
function isSpecial(text: string): boolean {
  return unprintable.test(text) || lineBreaks.test(text.replaceAll('\n', ''));
}

/** `|` with what it needs to say about indentation and about newlines at the end. */
function literalBlock(text: string, indent: string): string {
  // A first line that begins with a blank would be taken for deeper indentation, so its depth is written.
  const hint = /^[ \n]/u.test(text) ? '2' : '';
  let chomp = '';
  if (!text.endsWith('\n')) chomp = '-';
  else if (text === '\n' || text.endsWith('\n\n')) chomp = '+';
  const lines = text.replace(/\n$/u, '').split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : indent + line)).join('\n')}`;
}

function doubleQuoted(text: string): string {
  let quoted = '';
  for (const character of text) quoted += escapes.get(character) ?? escapeUnprintable(character);
  return `"${quoted}"`;
}

function escapeUnprintable(character: string): string {
  if (!unprintable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return '\uFFFD';
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
}
