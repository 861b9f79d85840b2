// The three formats of a tool's output, and the smart one's rules (H20-H24).

import { goJson } from './go-json.ts';
import { goYaml } from './go-yaml.ts';
import { goQuote } from './go-quote.ts';
import { isList } from './output-value.ts';
import type { OutputValue } from './output-value.ts';

export type FormatName = 'smart' | 'json' | 'yaml';

/** The whole text a tool prints for a value, with its newline; empty when it prints nothing. */
export function formatOutput(value: OutputValue, format: FormatName): string {
  switch (format) {
    case 'smart':
      return smart(value);
    case 'json':
      return `${goJson(value)}\n`;
    case 'yaml':
      return value === null ? '' : goYaml(value);
    default:
      return format satisfies never;
  }
}

/** What is wrong with a format's name, or null (H25). */
export function formatProblem(name: string, offered: readonly string[]): string | null {
  return offered.includes(name) ? null : `unknown format ${goQuote(name)}`;
}

function smart(value: OutputValue): string {
  if (value === null || value === '') return '';
  if (typeof value === 'string') return `${value}\n`;
  if (typeof value === 'boolean') return value ? 'True\n' : 'False\n';
  if (isList(value)) {
    if (value.length === 0) return '';
    // Only lists of texts are joined; any other list is no string slice to Go and comes out as YAML.
    const texts = value.filter((item) => typeof item === 'string');
    if (texts.length === value.length) return `${texts.join('\n')}\n`;
  }
  return goYaml(value);
}
