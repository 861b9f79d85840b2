// How a value is written in postgresql.conf.

const escapes: ReadonlyMap<string, string> = new Map([
  ["'", "''"],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\f', '\\f'],
]);

/**
 * Quotes a value. Numbers are quoted too: PostgreSQL reads both alike, and one form has one set of errors.
 * The value must not hold NUL, for which the file has no form.
 */
export function quoteConfigValue(value: string): string {
  const escaped = value.replaceAll(
    /['\\\u0001-\u001f]/gu,
    (character) =>
      escapes.get(character) ?? `\\${(character.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`,
  );
  return `'${escaped}'`;
}
