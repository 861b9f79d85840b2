// Rows in columns, as wide as what is in them, and cut to the width of a terminal where there is one.

import { visibleText } from './visible-text.ts';

/** Cells a terminal gives a character: none for marks that join the one before, two for wide scripts. */
function widthOfCharacter(character: string): number {
  if (/^(?:\p{Mn}|\p{Me}|\p{Cf})$/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  const isWide =
    (code >= 0x11_00 && code <= 0x11_5f) ||
    (code >= 0x2e_80 && code <= 0xa4_cf && code !== 0x30_3f) ||
    (code >= 0xac_00 && code <= 0xd7_a3) ||
    (code >= 0xf9_00 && code <= 0xfa_ff) ||
    (code >= 0xfe_30 && code <= 0xfe_6f) ||
    (code >= 0xff_00 && code <= 0xff_60) ||
    (code >= 0xff_e0 && code <= 0xff_e6) ||
    (code >= 0x1_f3_00 && code <= 0x1_fa_ff) ||
    (code >= 0x2_00_00 && code <= 0x3_ff_fd);
  return isWide ? 2 : 1;
}

const plain = /^[\x20-\x7e]*$/u;

export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** At most `width` cells; what was cut ends in an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const character of text) {
    const next = widthOfCharacter(character);
    if (used + next > width - 1) break;
    result += character;
    used += next;
  }
  return width < 1 ? '' : `${result}…`;
}

const gap = 2;
/** A column is not cut below this for the sake of another. */
const leastWidth = 8;

/** Takes from the widest column until all fit, so that short ones stay whole. */
export function fitWidths(widths: readonly number[], available: number): readonly number[] {
  const fitted = [...widths];
  const space = available - gap * (widths.length - 1);
  for (;;) {
    const total = fitted.reduce((sum, width) => sum + width, 0);
    if (total <= space) return fitted;
    const widest = fitted.indexOf(Math.max(...fitted));
    const current = fitted[widest] ?? 0;
    if (current <= leastWidth) return fitted;
    const next = Math.max(leastWidth, ...fitted.filter((width) => width < current));
    const alike = fitted.filter((width) => width === current).length;
    const excess = Math.ceil((total - space) / alike);
    fitted[widest] =
      Math.max(next, current - excess, leastWidth) === current
        ? current - 1
        : Math.max(next, current - excess);
  }
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/**
 * Lines, each with its line break.
 * @param width cells of the terminal; null: nothing is cut
 */
export function tableText(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null,
): string {
  const all = [heading, ...rows].map((row) => row.map(visibleText));
  const natural = heading.map((_, column) =>
    all.reduce((most, row) => Math.max(most, widthOf(row[column] ?? '')), 0),
  );
  const widths = width === null ? natural : fitWidths(natural, width);
  return all
    .map((row) => {
      const cells = row.map((cell, column) =>
        padded(cut(cell, widths[column] ?? 0), widths[column] ?? 0),
      );
      return `${cells.join(' '.repeat(gap)).trimEnd()}\n`;
    })
    .join('');
}

/** Names and what they are, one under the other. */
export function factsText(
  facts: readonly (readonly [name: string, value: string])[],
  width: number | null,
): string {
  const most = facts.reduce((longest, [name]) => Math.max(longest, name.length + 1), 0);
  return facts
    .map(([name, value]) => {
      const room = width === null ? null : Math.max(leastWidth, width - most - gap);
      const shown = visibleText(value);
      const text = room === null ? shown : cut(shown, room);
      return `${`${`${name}:`.padEnd(most + gap)}${text}`.trimEnd()}\n`;
    })
    .join('');
}
