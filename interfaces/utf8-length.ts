// Size of a text in bytes of UTF-8: what Juju's limits and PostgreSQL's names are counted in.

/** Bytes of the text in UTF-8. A lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (codePoint < 0x80) bytes += 1;
    else if (codePoint < 0x800) bytes += 2;
    else if (codePoint < 0x1_0000) bytes += 3;
    else bytes += 4;
  }
  return bytes;
}
