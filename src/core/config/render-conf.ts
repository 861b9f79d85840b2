// Writes the two files postgresql.conf includes, and the lines by which it does so.
//
// The managed file holds what the charm decides and is right by construction. The other one holds what a
// person configured: when PostgreSQL refuses it, the earlier one is put back and the managed file stays.

import { compareText } from '../access/relation-order.ts';
import { quoteConfigValue } from './quote-value.ts';

export const managedFile = 'postgresql.juju-managed.conf';
export const configuredFile = 'postgresql.juju-configured.conf';

const begin = '# juju: begin includes';
const end = '# juju: end includes';

/** The text of one of the two files: sorted, so that the same parameters give the same bytes. */
export function renderParameters(
  heading: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(parameters)
    .sort(([left], [right]) => compareText(left, right))
    .map(([name, value]) => `${name} = ${quoteConfigValue(value)}`);
  return [`# juju: ${heading}`, ...lines, ''].join('\n');
}

/**
 * Puts the includes at the end of postgresql.conf, where they win over everything before them, and leaves
 * every other line as it is.
 */
export function withIncludes(postgresqlConf: string): string {
  const lines = postgresqlConf.split('\n');
  const from = lines.indexOf(begin);
  const to = lines.indexOf(end);
  const others =
    from === -1 || to < from ? lines : [...lines.slice(0, from), ...lines.slice(to + 1)];
  const kept = others.join('\n').replace(/\n*$/u, '');
  return [
    ...(kept === '' ? [] : [kept]),
    begin,
    // What a person configured comes last: it wins over our defaults, and never names what we manage.
    `include_if_exists = '${managedFile}'`,
    `include_if_exists = '${configuredFile}'`,
    end,
    '',
  ].join('\n');
}
