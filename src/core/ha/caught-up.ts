// Whether a member has received so much of ours that it can take over without losing anything: asked before a
// healthy primary stops for it. A standby that does not stream gets nothing of what a shutdown still writes.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { PostgresFacts } from './postgres-facts.ts';

/** `candidate` null: whoever streams. Names are compared as PostgreSQL's application_name, without regard to case. */
export function isCaughtUp(
  { sql }: Pick<PostgresFacts, 'sql'>,
  candidate: string | null,
  flushed: Lsn,
): boolean {
  const wanted = candidate?.toLowerCase();
  return (sql?.replication ?? []).some(
    ({ applicationName, state, flushLsn }) =>
      state === 'streaming' &&
      flushLsn !== null &&
      flushLsn >= flushed &&
      (wanted === undefined || applicationName.toLowerCase() === wanted),
  );
}
