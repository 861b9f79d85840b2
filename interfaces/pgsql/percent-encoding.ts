// Percent-encoding as libpq reads it in a connection URI. Written without any "safe" punctuation, so
// that every reader of URIs, however strict, sees the same parts.

/** Encodes everything but letters, digits and `_.-~`. The text must be well-formed Unicode. */
export function percentEncode(text: string): string {
  // These five are left alone by the language's own function.
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Decodes; a plus sign stays a plus sign. Null where a percent sign is not followed by two hexadecimal
 * digits, where the bytes are not UTF-8, or where they hold a NUL.
 */
export function percentDecode(text: string): string | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return null;
  try {
    const decoded = decodeURIComponent(text);
    return decoded.includes('\0') ? null : decoded;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
