// The JSON of `GET /slots`: which slots this member has and should have, whether each can be relied on and why not.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { slotsDocument } from '#core/slots/slot-summary.ts';
import type { ApiView } from './api-view.ts';

/** Slots are in the order of their names. */
export function slotsAnswer({ slots, cluster }: ApiView): JsonObject {
  const documents = slotsDocument(slots.summaries);
  const { counters } = slots;
  return {
    slots: Object.entries(documents).map(([name, document]) => ({
      name,
      // A document of a slot is a mapping.
      ...(document as JsonObject),
    })),
    retained: cluster?.status.retainSlots ?? [],
    given_up: [...slots.givenUp].map(([name, lsn]) => ({ name, restart_lsn: lsn })),
    reports: slots.reports.map(({ level, code, slot, message }) => ({
      level,
      code,
      slot,
      message,
    })),
    counters: {
      copies: counters.copies,
      copy_restarts: counters.copyRestarts,
      advances_in_flight: counters.advancesInFlight,
      skipped_turns: counters.skipped,
      errors: Object.fromEntries(counters.errors),
    },
  };
}
