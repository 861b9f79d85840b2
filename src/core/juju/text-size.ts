// Size of a text in bytes as Juju counts it for its limits, which are limits of UTF-8.

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
