// Reads columns of rows as what they are known to be. A column of another type is a mistake of ours in the
// statement, so it throws.

type Row = Readonly<Record<string, unknown>>;

function wrong(name: string, expected: string, found: unknown): TypeError {
  return new TypeError(`Cannot read column "${name}": expected ${expected}, found ${typeof found}`);
}

export function textColumn(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw wrong(name, 'text', value);
  return value;
}

export function optionalTextColumn(row: Row, name: string): string | null {
  return row[name] === null ? null : textColumn(row, name);
}

export function booleanColumn(row: Row, name: string): boolean {
  const value = row[name];
  if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
  return value;
}

export function numberColumn(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  return value;
}

/** A `text[]` column, or null. */
export function optionalTextsColumn(row: Row, name: string): readonly string[] | null {
  const value: unknown = row[name];
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw wrong(name, 'an array of text', value);
  }
  return value;
}
