// Globs as Salt understands them, as Python's fnmatch does: put into what PostgreSQL can look for, and regular
// expressions of either.

/** A glob, and what may be known of the texts it matches. */
export interface Glob {
  readonly text: string;
  /** What every match begins with. */
  readonly prefix: string;
  /** Whether it matches its prefix and nothing else. */
  readonly isLiteral: boolean;
  /** For PostgreSQL's `~` and for JavaScript with `s`, anchored at neither end. */
  readonly regex: string;
}

const special = /[\\^$.|?*+()[\]{}]/gu;

function escaped(text: string): string {
  return text.replaceAll(special, String.raw`\$&`);
}

/** Where the set that opens at `start` closes; -1 where it never does, which makes `[` a plain character. */
function closeOfSet(text: string, start: number): number {
  const first = text[start + 1] === '!' ? start + 2 : start + 1;
  return text.indexOf(']', first + 1);
}

function setRegex(inner: string): string {
  const isNegated = inner.startsWith('!');
  const members = (isNegated ? inner.slice(1) : inner).replaceAll(/[\\[\]^]/gu, String.raw`\$&`);
  return `[${isNegated ? '^' : ''}${members}]`;
}

/** `*` any text, `?` any character, `[a-z]` one of a set, `[!a-z]` none of a set. */
export function parseGlob(text: string): Glob {
  let regex = '';
  let prefix = '';
  let isLiteral = true;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    const close = character === '[' ? closeOfSet(text, index) : -1;
    if (character === '*' || character === '?' || close !== -1) isLiteral = false;
    if (close !== -1) {
      regex += setRegex(text.slice(index + 1, close));
      index = close;
    } else if (character === '*') regex += '.*';
    else if (character === '?') regex += '.';
    else {
      regex += escaped(character);
      if (isLiteral) prefix += character;
    }
  }
  return { text, prefix, isLiteral, regex };
}

/** A regular expression for the whole text. */
export function wholeRegex(glob: Glob): string {
  return `^(?:${glob.regex})$`;
}

/** For a list of minions as Python or JSON write it: one of its elements matches. */
export function elementRegex(glob: Glob): string {
  // Within an element nothing may run over its quote.
  const inner = glob.regex.replaceAll('.*', String.raw`[^'"]*`);
  return `^\\[.*['"](?:${inner})['"][],]`;
}
