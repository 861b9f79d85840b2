// Splits a configured command into its words as a POSIX shell would, and does nothing else a shell does: no
// variables, no globs, no operators. What comes out is given to the program as it is.

export type SplitCommand =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'unclosed'; readonly why: string };

const blanks = ' \t\r\n';

/** Inside double quotes a backslash escapes these two only; before anything else it stands for itself. */
const escapedInQuotes = '"\\';

/** Splits on blanks outside quotes. A quote or a backslash that is never closed is told, not guessed at. */
export function splitCommand(text: string): SplitCommand {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\' && quote !== "'") {
      index += 1;
      if (index === text.length) return { kind: 'unclosed', why: 'it ends with a backslash' };
      const next = text.charAt(index);
      const isKept = quote === '"' && !escapedInQuotes.includes(next);
      word = `${word ?? ''}${isKept ? '\\' : ''}${next}`;
    } else if (quote !== null) {
      if (character === quote) quote = null;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      // Two quotes with nothing between them are a word too.
      word ??= '';
    } else if (blanks.includes(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== null) return { kind: 'unclosed', why: `the quote ${quote} is never closed` };
  if (word !== null) words.push(word);
  return { kind: 'words', words };
}
