// Tables of text as Juju's client aligns them: columns two spaces apart, as wide as their widest cell.

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align?: 'right';
}

/** Lines of the table, header first, without spaces at their ends. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const header = columns.map((column) => column.title);
  const lines = [header, ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => visibleLength(line[index] ?? ''))),
  );
  return lines.map((line) =>
    columns
      .map(({ align }, index) => {
        const cell = line[index] ?? '';
        const padding = ' '.repeat((widths[index] ?? 0) - visibleLength(cell));
        return align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Characters rather than code units, so that a message with an emoji does not shift its row. */
function visibleLength(text: string): number {
  return Array.from(text).length;
}
