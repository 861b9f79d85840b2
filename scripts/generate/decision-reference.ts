// The reference page of decisions: every rule of the agent's loop with its number and its reason, in their order.

import type { Rule } from '../../src/core/ha/rule.ts';
import { table } from '../../src/core/ha/table.ts';

/** What the rules of a hundred are about; a rule beyond the last belongs to it. */
const chapters: readonly (readonly [from: number, title: string])[] = [
  [100, 'The store can not be read'],
  [200, 'Before anything else'],
  [300, 'A long action runs'],
  [400, 'PostgreSQL starts'],
  [500, 'A new cluster is made, or a start has failed'],
  [600, 'No data, or somebody else’s'],
  [700, 'PostgreSQL does not run'],
  [800, 'Nobody leads'],
  [900, 'This member leads'],
  [1000, 'Somebody else leads'],
];

function chapter(from: number, title: string, rules: readonly Rule[]): string {
  const rows = rules.map(({ id, why }) => `| ${id} | ${why} |`);
  return `## ${from}: ${title}\n\n| rule | why |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** Text of `docs/reference/decisions.md`. */
export function decisionReference(rules: readonly Rule[] = table): string {
  const parts = chapters.map(([from, title], index) => {
    const to = chapters[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    return chapter(
      from,
      title,
      rules.filter(({ id }) => id >= from && id < to),
    );
  });
  return [
    '<!-- Made by `npm run generate`; do not edit. -->\n\n# Decisions\n',
    'Each turn of an agent asks these rules in their order; the first that answers decides what is done, and the log',
    'line of the turn names it. `pg-agent explain` prints the last decisions of a running agent with their rules.\n',
    ...parts,
  ].join('\n');
}
