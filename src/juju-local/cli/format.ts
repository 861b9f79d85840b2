// Data as the command line prints it: YAML, JSON, or columns.

import { stringify } from 'yaml';

import { UserError } from '../user-error.ts';

export type DataFormat = 'yaml' | 'json';

/** Throws `UserError` for a format the verb does not have. */
export function checkFormat<const Format extends string>(
  format: string,
  formats: readonly Format[],
): Format {
  const found = formats.find((candidate) => candidate === format);
  if (found !== undefined) return found;
  throw new UserError(`unknown format "${format}"`, `Use one of ${formats.join(', ')}.`);
}

export function formatData(value: unknown, format: DataFormat): string {
  if (format === 'json') return `${JSON.stringify(value)}\n`;
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Rows under a heading, each column as wide as its widest cell and two spaces apart. */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
