// Decides whether what the primary sent of a logical slot may be put in place here. It is decided before PostgreSQL is
// stopped, with every byte at hand that is to be written.

import type { Lsn } from '#core/postgres/lsn.ts';
import { compareSlots } from './compare-slots.ts';
import type { DesiredLogicalSlot } from './desired-slot.ts';
import type { SlotInfo } from './slot-info.ts';
import { invalidationOf } from './slot-info.ts';
import type { StateFile } from './state-file.ts';
import { readStateFile } from './state-file.ts';

/** A row of the primary's slots, joined with its databases, with the slot's state file. */
export interface FetchedSlot {
  readonly slot: Pick<
    SlotInfo,
    | 'name'
    | 'type'
    | 'database'
    | 'plugin'
    | 'datoid'
    | 'walStatus'
    | 'isConflicting'
    | 'invalidationReason'
    | 'isFailover'
  >;
  readonly state: Uint8Array;
}

export type CheckedCopy =
  | {
      readonly kind: 'copy';
      readonly name: string;
      readonly state: Uint8Array;
      readonly restartLsn: Lsn;
    }
  | { readonly kind: 'refuse'; readonly name: string; readonly why: string };

/** `copy` with the bytes to write, or why they are not to be written. */
export function checkCopy(desired: DesiredLogicalSlot, fetched: FetchedSlot): CheckedCopy {
  const refuse = (why: string): CheckedCopy => ({
    kind: 'refuse',
    name: desired.name,
    why: `Will not copy the logical slot "${desired.name}" ${why}`,
  });
  const { slot } = fetched;
  if (slot.isFailover) return refuse('as the server itself keeps it on standbys (failover = true)');
  if (slot.name !== desired.name || !compareSlots({ ...desired, type: 'logical' }, slot)) {
    return refuse(
      `due to the configuration mismatch: configuration=${describe(desired)}, ` +
        `slot on the primary=${describe(slot)}`,
    );
  }
  const invalidation = invalidationOf(slot);
  if (invalidation !== null) return refuse(`as the primary has lost it: ${invalidation}`);
  const read = readStateFile(fetched.state);
  if (read.kind === 'fault')
    return refuse(`as its state on the primary can't be used: ${read.why}`);
  const problem = contradiction(read.file, desired, slot.datoid);
  if (problem !== null) return refuse(`as its state on the primary ${problem}`);
  // The check above made sure of it.
  const restartLsn = read.file.restartLsn as Lsn;
  return { kind: 'copy', name: desired.name, state: fetched.state, restartLsn };
}

function describe(slot: {
  readonly database: string | null;
  readonly plugin: string | null;
}): string {
  return `{database: ${slot.database}, plugin: ${slot.plugin}}`;
}

/** Where the file and the catalog say different things; null where they agree as far as the file tells. */
function contradiction(
  file: StateFile,
  desired: DesiredLogicalSlot,
  datoid: string | null,
): string | null {
  if (file.name !== desired.name) return `is that of slot "${file.name}"`;
  if (file.datoid === null) return 'is that of a physical slot';
  if (datoid !== null && file.datoid !== datoid) {
    return `belongs to the database with OID ${file.datoid} instead of ${datoid}`;
  }
  if (file.plugin !== null && file.plugin !== desired.plugin) {
    return `names the plugin "${file.plugin}" instead of "${desired.plugin}"`;
  }
  return file.restartLsn === null || file.confirmedFlushLsn === null
    ? 'keeps no WAL: it is being created, or it is lost'
    : null;
}
