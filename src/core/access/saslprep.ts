// Prepares a password as PostgreSQL does before it hashes it (RFC 4013), so that a verifier made here is
// the one PostgreSQL would have made, and every client that types the password another way still gets in.

import { isLeftToRight, isUnassigned } from './stringprep-tables.ts';

// RFC 3454, tables C.1.2 and B.1: other blanks become a space, and what marks nothing is dropped.
const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
const mappedToNothing =
  /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;

// Tables C.1.2 and C.2.1 to C.9: controls, private use, non-characters, surrogates, and characters that
// are wrong in plain text, change how text is shown, or tag it.
const prohibited: readonly RegExp[] = [
  /[\u0000-\u001f\u007f-\u009f\u00a0\u06dd\u070f\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f]/u,
  /\u200c|\u200d|\u0340|\u0341|[\u205f-\u2063\u206a-\u206f\u2ff0-\u2ffb\u3000\ufeff\ufff9-\ufffd]/u,
  /[\u{1d173}-\u{1d17a}\ue000-\uf8ff\u{f0000}-\u{10ffff}\u{e0001}\u{e0020}-\u{e007f}]/u,
  /\p{Noncharacter_Code_Point}|\p{Surrogate}/u,
];

// Table D.1: characters that are written from right to left.
const rightToLeft =
  /[\u05be\u05c0\u05c3\u05d0-\u05ea\u05f0-\u05f4\u061b\u061f\u0621-\u063a\u0640-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u06fe\u0700-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfc\ufe70-\ufe74\ufe76-\ufefc]/u;

/** Whether text in both directions is mixed in a way that can be shown in two orders (section 6). */
function isMixed(characters: readonly string[]): boolean {
  if (!characters.some((character) => rightToLeft.test(character))) return false;
  const [first = '', last = ''] = [characters[0], characters.at(-1)];
  return (
    !rightToLeft.test(first) ||
    !rightToLeft.test(last) ||
    characters.some((character) => isLeftToRight(character.codePointAt(0) ?? 0))
  );
}

/**
 * The password as PostgreSQL hashes it. A password SASLprep has no form for is taken as it stands, as
 * PostgreSQL and libpq do, since they can't know what encoding it was meant to be in. Like them, and unlike
 * the RFC, it looks for what is prohibited before the text is normalized: both ends have to agree.
 */
export function saslprep(password: string): string {
  if (/^[\u0020-\u007e]*$/u.test(password)) return password;
  const mapped = password.replace(otherSpaces, ' ').replace(mappedToNothing, '');
  const characters = Array.from(mapped);
  const isRefused =
    mapped === '' ||
    prohibited.some((table) => table.test(mapped)) ||
    characters.some((character) => isUnassigned(character.codePointAt(0) ?? 0)) ||
    isMixed(characters);
  return isRefused ? password : mapped.normalize('NFKC');
}
