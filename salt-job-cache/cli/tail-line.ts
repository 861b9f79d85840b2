// One row as `tail` prints it.

import { jsonLine } from '../src/output/output-format.ts';
import type { OutputFormat } from '../src/output/output-format.ts';
import { cut } from '../src/output/table.ts';
import { visibleText } from '../src/output/visible-text.ts';
import { yamlText } from '../src/output/yaml-text.ts';
import { parsedOrNull, readStoredReturn } from '../src/queries/stored-return.ts';
import type { TailRow } from '../src/queries/tail-rows.ts';
import { jsonText } from '../src/value/json-text.ts';
import type { PythonValue } from '../src/value/python-value.ts';

/** Columns that hold JSON, and are printed as what they hold. */
const jsonColumns = new Set(['arg', 'data']);

function columnText(row: TailRow, name: string): string {
  const value = row.columns[name];
  return typeof value === 'string' ? value : '';
}

function plainText(value: PythonValue): string {
  return typeof value === 'string' ? value : jsonText(value);
}

/** What happened, in columns that need no heading. */
function wordsOf(row: TailRow): readonly string[] {
  const text = (name: string): string => columnText(row, name);
  switch (row.kind) {
    case 'job':
      return ['job   ', text('jid'), text('fun'), `${text('username')} -> ${text('tgt')}`];
    case 'return': {
      const { success } = row.columns;
      const outcome = success === true ? 'ok' : success === false ? 'FAILED' : 'unknown';
      return [
        'return',
        text('jid'),
        text('fun'),
        text('id'),
        outcome,
        plainText(readStoredReturn(text('return')).value),
      ];
    }
    case 'event':
      return ['event ', text('tag'), text('data')];
    default:
      return row.kind satisfies never;
  }
}

function dataOf(row: TailRow): PythonValue {
  const facts: (readonly [PythonValue, PythonValue])[] = [
    ['kind', row.kind],
    ['at', row.at],
  ];
  for (const [name, value] of Object.entries(row.columns)) {
    if (name === 'return' && typeof value === 'string') {
      const stored = readStoredReturn(value);
      facts.push(['return', stored.value], ...stored.others.filter(([key]) => key !== 'success'));
    } else if (jsonColumns.has(name) && typeof value === 'string') {
      facts.push([name, parsedOrNull(value)?.value ?? value]);
    } else facts.push([name, value]);
  }
  return new Map(facts);
}

/** A line of a table or of JSON, or a document of YAML. */
export function tailLine(row: TailRow, format: OutputFormat, width: number | null): string {
  if (format === 'json') return jsonLine(dataOf(row));
  if (format === 'yaml') return `---\n${yamlText(dataOf(row))}`;
  const at = row.at.replace(/(?:\.\d+)?\+00$/u, '');
  const line = [at, ...wordsOf(row)].map(visibleText).join('  ').trimEnd();
  return `${width === null ? line : cut(line, width)}\n`;
}
