// The `standbys` value: several connection strings in one text. Servers of the classic line separate
// them by line breaks, others by commas (T12). A separator inside quotes or after a backslash is none.

import { ConnectionString } from './connection-string.ts';
import { compareText } from './numeric-order.ts';

/** The strings sorted as text, one a line; the same set always gives the same text. */
export function printConnectionStringList(strings: readonly ConnectionString[]): string {
  return [...new Set(strings.map((string) => string.libpq))].sort(compareText).join('\n');
}

/** Where in libpq's grammar a scan stands. */
type Place = 'keyword' | 'before-value' | 'value' | 'quoted';

/** What one character makes of the place, a separator and a backslash aside. */
function step(place: Place, character: string): Place {
  if (place === 'keyword') return character === '=' ? 'before-value' : 'keyword';
  if (place === 'quoted') return character === "'" ? 'keyword' : 'quoted';
  const isBlank = /[ \t\n\v\f\r]/.test(character);
  if (place === 'value') return isBlank ? 'keyword' : 'value';
  return isBlank ? 'before-value' : character === "'" ? 'quoted' : 'value';
}

/**
 * Cuts the text into one piece per connection string. A line break always separates. A comma does only
 * where a keyword follows that the current piece already has: a list of hosts (`host=a,b`) and a
 * password with a comma stay whole. Our own printer escapes the rare comma that would mislead.
 */
export function splitConnectionStringList(text: string): readonly string[] {
  const pieces: string[] = [];
  const seen = new Set<string>();
  let place: Place = 'keyword';
  let keyword = '';
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (place !== 'keyword' && character === '\\') {
      at += 1;
      place = place === 'quoted' ? 'quoted' : 'value';
      continue;
    }
    if (place !== 'quoted' && (character === '\n' || isRepeat(text, at, seen))) {
      pieces.push(text.slice(start, at));
      start = at + 1;
      seen.clear();
      keyword = '';
      place = 'keyword';
      continue;
    }
    if (place === 'keyword') {
      if (character === '=') {
        seen.add(keyword.trim());
        keyword = '';
      } else keyword += character;
    }
    place = step(place, character);
  }
  pieces.push(text.slice(start));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

/** A comma followed by a keyword that the current piece has used before. */
function isRepeat(text: string, at: number, seen: ReadonlySet<string>): boolean {
  if (text.charAt(at) !== ',') return false;
  // No keyword of libpq comes near this length; the bound keeps a long value from being read over and over.
  const keyword = /^[ \t]*(\w+)\s*=/.exec(text.slice(at + 1, at + 65))?.[1];
  return keyword !== undefined && seen.has(keyword);
}

/** Reads the list. Pieces that can't be read are counted, not shown: they hold passwords. */
export function parseConnectionStringList(text: string): {
  readonly strings: readonly ConnectionString[];
  readonly unreadable: number;
} {
  const pieces = splitConnectionStringList(text);
  const strings = pieces
    .map((piece) => ConnectionString.tryParse(piece))
    .filter((string) => string !== null);
  return { strings, unreadable: pieces.length - strings.length };
}
