// Makes stored text safe to show: what a terminal would act upon, and what would turn the order of a line
// around, is written as an escape. Minions choose these texts, not the operator.

// C0, DEL, C1, line and paragraph separators, marks and overrides of direction, half a surrogate pair.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;
const unsafeInDocument =
  /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;

const short: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

function unicodeEscape(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One line of visible text. */
export function visibleText(text: string): string {
  return text.replaceAll(unsafe, (character) => short.get(character) ?? unicodeEscape(character));
}

export function hasUnsafe(text: string): boolean {
  return text.search(unsafe) !== -1;
}

/**
 * For a document whose strings are in double quotes, JSON or YAML: the same document, as both know this
 * escape. Line breaks and what else stands between values is left alone.
 */
export function visibleDocument(text: string): string {
  return text.replaceAll(unsafeInDocument, unicodeEscape);
}
