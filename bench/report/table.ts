// Tables in Markdown, aligned so that they read well in a terminal too.

export type Column = readonly [title: string, align: 'left' | 'right'];

/** @throws RangeError for a row of another length than the columns */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const wrong = rows.find((row) => row.length !== columns.length);
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot make a table: a row has ${wrong.length} cells, need ${columns.length}`,
    );
  }
  const widths = columns.map(([title], place) =>
    Math.max(4, title.length, ...rows.map((row) => row[place]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, place) => {
      const width = widths[place] ?? 0;
      return columns[place]?.[1] === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = columns.map(([, align], place) => {
    const dashes = '-'.repeat(widths[place] ?? 0);
    return align === 'right' ? `${dashes.slice(1)}:` : dashes;
  });
  return [line(columns.map(([title]) => title)), line(rule), ...rows.map(line)].join('\n');
}

/** Milliseconds to a tenth. */
export function ms(value: number): string {
  return value.toFixed(1);
}
