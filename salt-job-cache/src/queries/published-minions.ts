// Which minions the master published a job to. It says so in the event of the new job, and nowhere else: where
// events are recorded, it can be known of every job who has not returned.

import type { Session } from '../database/database.ts';
import { isDict, valueAt } from '../value/python-value.ts';
import { parsedOrNull } from './stored-return.ts';
import { textAt } from './job-rows.ts';

/** One of them is ours, the other Salt's own. Without any the whole table would be read. */
const tagIndexes = ['salt_events_tag_start_idx', 'salt_events_tag_idx'];

async function hasTagIndex(session: Session): Promise<boolean> {
  const { rows } = await session.run(
    {
      text: `SELECT FROM unnest($1::text[]) AS wanted(name)
               JOIN pg_index i ON i.indexrelid = to_regclass(quote_ident(wanted.name)) AND i.indisvalid
              WHERE has_table_privilege(i.indrelid, 'SELECT')`,
    },
    [tagIndexes],
  );
  return rows.length > 0;
}

/** Null where it is no event of a new job. */
function minionsIn(data: string): readonly string[] | null {
  const parsed = parsedOrNull(data);
  const minions =
    parsed !== null && isDict(parsed.value) ? valueAt(parsed.value, 'minions') : undefined;
  if (!Array.isArray(minions)) return null;
  return minions.flatMap((name) => (typeof name === 'string' ? [name] : []));
}

/**
 * @returns of all masters that published it, each minion once; null where no event of it is recorded, or
 *   looking for it would take too long
 */
export async function publishedMinions(
  session: Session,
  jid: string,
): Promise<readonly string[] | null> {
  if (!(await hasTagIndex(session))) return null;
  const { rows } = await session.run(
    // The first condition is for our index, the second for Salt's, and for tags that go on after 200 characters.
    { text: 'SELECT data FROM salt_events WHERE left(tag, 200) = $1 AND tag = $1 LIMIT 100' },
    [`salt/job/${jid}/new`],
  );
  const lists = rows.map((row) => minionsIn(textAt(row, 'data'))).filter((list) => list !== null);
  return lists.length === 0 ? null : [...new Set(lists.flat())];
}
