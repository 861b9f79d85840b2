// Who acknowledges commits, exactly as PostgreSQL's syncrep.c has it.

import type { StandbyNames } from '#core/sync/standby-names.ts';

/** A walsender that streams. */
export interface Acknowledger {
  readonly applicationName: string;
  readonly flushedEnd: number;
  readonly isStreaming: boolean;
}

function isNamed(names: readonly string[], name: string): boolean {
  return names.some((each) => each.toLowerCase() === name.toLowerCase());
}

/** The synchronous ones by priority: of each name in the list, those connected, in order. */
function byPriority<Sender extends Acknowledger>(
  names: StandbyNames & { readonly kind: 'priority' | 'quorum' },
  senders: readonly Sender[],
): readonly Sender[] {
  const streaming = senders.filter(({ isStreaming }) => isStreaming);
  const listed = names.names.flatMap((name) =>
    streaming.filter(({ applicationName }) => applicationName.toLowerCase() === name.toLowerCase()),
  );
  if (!names.hasStar) return listed;
  return [
    ...listed,
    ...streaming.filter(({ applicationName }) => !isNamed(names.names, applicationName)),
  ];
}

/** Commits up to here are acknowledged as far as standbys are concerned. */
export function acknowledgedUpTo(names: StandbyNames, senders: readonly Acknowledger[]): number {
  if (names.kind === 'off') return Number.POSITIVE_INFINITY;
  const candidates = byPriority(names, senders);
  if (candidates.length < names.num) return 0;
  if (names.kind === 'priority') {
    return Math.min(...candidates.slice(0, names.num).map(({ flushedEnd }) => flushedEnd));
  }
  const ends = candidates.map(({ flushedEnd }) => flushedEnd).toSorted((one, two) => two - one);
  return ends[names.num - 1] ?? 0;
}

/** `sync_state` of each, as pg_stat_replication shows it. */
export function syncStates<Sender extends Acknowledger>(
  names: StandbyNames,
  senders: readonly Sender[],
): ReadonlyMap<Sender, string> {
  const states = new Map<Sender, string>(senders.map((sender) => [sender, 'async']));
  if (names.kind === 'off') return states;
  const candidates = byPriority(names, senders);
  for (const [place, sender] of candidates.entries()) {
    if (names.kind === 'quorum') states.set(sender, 'quorum');
    else states.set(sender, place < names.num ? 'sync' : 'potential');
  }
  return states;
}
