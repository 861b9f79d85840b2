// salt_events.id of Salt's own schema is an integer filled by a sequence that ends at 2,147,483,647; every
// event after that is refused. How an existing table gets past it.

import type { ExistingTable, Sequence } from './catalogue.ts';
import { qualify } from './quote.ts';
import type { Step } from './steps.ts';

/** Bytes that a server with one slow disk rewrites in a second, indexes included: for the sentence only. */
const bytesPerSecond = 30_000_000;

/** Above this a rewrite would hold up writers for too long to be done unasked: about half a minute. */
export const rewriteLimitBytes = 1_073_741_824;

function sequenceName({ schema, name }: Sequence): string {
  return qualify(schema, name);
}

function rewriteStep(table: ExistingTable, sequence: Sequence): Step {
  const seconds = Math.ceil(table.bytes / bytesPerSecond);
  return {
    mode: 'transaction',
    statements: [
      `ALTER TABLE ${qualify(table.schema, 'salt_events')} ALTER COLUMN id TYPE bigint`,
      `ALTER SEQUENCE ${sequenceName(sequence)} AS bigint NO CYCLE`,
    ],
    sentences: [
      'made salt_events.id a bigint, so that ids do not run out' +
        (seconds > 1 ? `; writers of events waited for about ${seconds} s` : ''),
    ],
    bytes: table.bytes,
    ifLeft: 'left salt_events.id an integer for later',
  };
}

/** Instead of refusing events the ids begin anew: Salt's schema never promised that they differ. */
function cycleStep(table: ExistingTable, sequence: Sequence): Step {
  const used = Number((sequence.lastValue * 100n) / 2_147_483_647n);
  const seconds = Math.ceil(table.bytes / bytesPerSecond);
  return {
    mode: 'transaction',
    statements: [`ALTER SEQUENCE ${sequenceName(sequence)} CYCLE`],
    sentences: [
      `let salt_events.id begin anew at its end, of which ${used} % are used: making it a bigint would ` +
        `rewrite ${Math.ceil(table.bytes / 1_048_576)} MiB and hold up writers for about ${seconds} s. ` +
        'Let retention shorten the table first, and migrate again',
    ],
    bytes: 0,
  };
}

/** Nothing for other tables, and where ids do not run out. */
export function planEventIds(table: ExistingTable): readonly Step[] {
  const { sequence } = table;
  if (sequence === null || table.kind !== 'plain') return [];
  if (table.columns.get('id')?.type === 'integer') {
    if (table.bytes <= rewriteLimitBytes) return [rewriteStep(table, sequence)];
    return sequence.isCycling ? [] : [cycleStep(table, sequence)];
  }
  return sequence.isBigint
    ? []
    : [
        {
          mode: 'transaction',
          statements: [`ALTER SEQUENCE ${sequenceName(sequence)} AS bigint NO CYCLE`],
          sentences: ['made the sequence of salt_events.id a bigint'],
          bytes: 0,
        },
      ];
}
