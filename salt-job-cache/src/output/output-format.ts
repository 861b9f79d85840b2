// In which form verbs print what they found.

import { JobCacheError } from '../errors.ts';
import { jsonText } from '../value/json-text.ts';
import type { PythonValue } from '../value/python-value.ts';
import { visibleDocument } from './visible-text.ts';
import { yamlText } from './yaml-text.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

const formats: readonly OutputFormat[] = ['table', 'json', 'yaml'];

/** @throws JobCacheError */
export function parseOutputFormat(text: string): OutputFormat {
  const found = formats.find((format) => format === text);
  if (found !== undefined) return found;
  throw new JobCacheError(`Cannot print as "${text}": use one of ${formats.join(', ')}`, {
    kind: 'ValueError',
    field: 'output',
  });
}

/** One line of JSON. */
export function jsonLine(value: PythonValue): string {
  return `${visibleDocument(jsonText(value))}\n`;
}

export function dataText(value: PythonValue, format: Exclude<OutputFormat, 'table'>): string {
  return format === 'json' ? jsonLine(value) : yamlText(value);
}
