// The replication slots of one data directory: what PostgreSQL keeps of each in memory, what of that is on disk, and
// who uses it. They survive a restart and are no part of a copy.

import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { readStateFile } from '#core/slots/state-file.ts';
import { sealedCopy } from '../../core/slots/state-files.ts';
import type { Wal } from './wal.ts';

export interface SlotPosition {
  readonly restartLsn: number | null;
  readonly confirmedFlushLsn: number | null;
  /** As a number of a record, which goes up for ever; what the server shows of it goes round. */
  readonly catalogXmin: number | null;
}

export interface Slot {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly database: string | null;
  readonly plugin: string | null;
  /** Where the first slot of this line began: what lies before it no consumer of it was ever promised. */
  readonly birthLsn: number;
  position: SlotPosition;
  /** What a crash leaves of it. */
  saved: SlotPosition;
  isLost: boolean;
  /** Whoever uses it; null: nobody. */
  user: object | null;
}

export const databaseOid = 5;

/** How many records lie between what a consumer confirmed and where decoding would begin again. */
const openRecords = 3;

/** Transaction ids go round at 2^32 and leave out the first three. */
const normalXids = 0xffff_fffd;

export function xidOf(id: number, base: number): number {
  return 3 + ((base + id) % normalXids);
}

function idOfXid(xid: number, base: number): number {
  return (((xid - 3 - base) % normalXids) + normalXids) % normalXids;
}

/** Where decoding begins for what was confirmed up to there. */
function restartFor(wal: Wal, confirmed: number): number {
  const before = wal.between(Math.max(0, confirmed - 40_000), confirmed);
  return before.at(-openRecords)?.start ?? before[0]?.start ?? confirmed;
}

/** The oldest transaction whose view of the catalog is needed from there on. */
function xminAt(wal: Wal, position: number): number {
  const at = wal.between(position, wal.end)[0] ?? wal.records.at(-1);
  return at?.id ?? 0;
}

function larger(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

export class SlotTable {
  readonly #slots: Map<string, Slot> = new Map();

  get all(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  get(name: string): Slot | null {
    return this.#slots.get(name) ?? null;
  }

  createPhysical(name: string, restartLsn: number): Slot {
    const position = { restartLsn, confirmedFlushLsn: null, catalogXmin: null };
    return this.#add(
      { name, type: 'physical', database: null, plugin: null, position },
      restartLsn,
    );
  }

  /** `nextXid`: no transaction before it runs any more. */
  createLogical(name: string, database: string, plugin: string, wal: Wal, nextXid: number): Slot {
    const end = wal.flushedEnd;
    const position = { restartLsn: end, confirmedFlushLsn: end, catalogXmin: nextXid };
    return this.#add({ name, type: 'logical', database, plugin, position }, end);
  }

  #add(
    slot: Pick<Slot, 'name' | 'type' | 'database' | 'plugin' | 'position'>,
    birthLsn: number,
  ): Slot {
    const added = { ...slot, birthLsn, saved: slot.position, isLost: false, user: null };
    this.#slots.set(slot.name, added);
    return added;
  }

  drop(name: string): void {
    this.#slots.delete(name);
  }

  /** As pg_basebackup and pg_rewind leave it: there is none. */
  clear(): void {
    this.#slots.clear();
  }

  /** A clean stop, or a checkpoint. */
  save(): void {
    for (const slot of this.#slots.values()) slot.saved = slot.position;
  }

  /** The process is gone. */
  release(): void {
    for (const slot of this.#slots.values()) slot.user = null;
  }

  crash(): void {
    for (const slot of this.#slots.values()) slot.position = slot.saved;
  }

  /** A consumer confirmed, or an agent moved it. Forward only; true where it moved. */
  advanceLogical(slot: Slot, to: number, wal: Wal): boolean {
    const { position } = slot;
    if (to <= (position.confirmedFlushLsn ?? 0)) return false;
    const restartLsn = larger(position.restartLsn, restartFor(wal, to)) as number;
    const catalogXmin = larger(position.catalogXmin, xminAt(wal, restartLsn));
    slot.position = { restartLsn, confirmedFlushLsn: to, catalogXmin };
    // The server writes a slot before it gives up WAL or rows, and else with the next checkpoint.
    const isGivenUp = restartLsn !== position.restartLsn || catalogXmin !== position.catalogXmin;
    if (isGivenUp) slot.saved = slot.position;
    return true;
  }

  movePhysical(slot: Slot, to: number): void {
    slot.position = { ...slot.position, restartLsn: larger(slot.position.restartLsn, to) };
    slot.saved = slot.position;
  }

  /** What hot_standby_feedback of a standby says of its slots; null: it needs nothing. */
  takeFeedback(slot: Slot, catalogXmin: number | null): void {
    slot.position = { ...slot.position, catalogXmin };
    slot.saved = slot.position;
  }

  /** The oldest view of the catalog that any slot here needs; null: none needs one. */
  get oldestCatalogXmin(): number | null {
    const all = this.all
      .filter(({ isLost }) => !isLost)
      .flatMap(({ position }) => position.catalogXmin ?? []);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Puts a slot in place whose state file this is. False where no server would start with it. */
  restore(state: Uint8Array, birthLsn: number, database: string | null, xidBase: number): boolean {
    const read = readStateFile(state);
    if (read.kind === 'fault') return false;
    const { name, plugin, restartLsn, confirmedFlushLsn, catalogXmin } = read.file;
    const position = {
      restartLsn: restartLsn === null ? null : Number(restartLsn),
      confirmedFlushLsn: confirmedFlushLsn === null ? null : Number(confirmedFlushLsn),
      catalogXmin: catalogXmin === null ? null : idOfXid(catalogXmin, xidBase),
    };
    this.#add({ name, type: 'logical', database, plugin, position }, birthLsn);
    return true;
  }
}

/** The bytes PostgreSQL 15 keeps of a logical slot, as they are on disk. */
export function stateFileOf(slot: Slot, xidBase: number): Uint8Array {
  const { name, plugin, saved } = slot;
  return sealedCopy('logical', (view) => {
    for (let at = 0; at < 64; at += 1) {
      view.setUint8(16 + at, name.charCodeAt(at) || 0);
      // In a file of 200 bytes the plugin's name stands at the 129th.
      view.setUint8(129 + at, (plugin ?? '').charCodeAt(at) || 0);
    }
    view.setUint32(80, databaseOid, true);
    view.setUint32(92, saved.catalogXmin === null ? 0 : xidOf(saved.catalogXmin, xidBase), true);
    view.setBigUint64(96, BigInt(saved.restartLsn ?? 0), true);
    view.setBigUint64(112, BigInt(saved.confirmedFlushLsn ?? 0), true);
  });
}

/** As the monitoring statement shows it. */
export function slotRow(slot: Slot, end: number, xidBase: number): PhysicalSlotRow {
  const { name, type, database, plugin, position, isLost, user } = slot;
  const { restartLsn, confirmedFlushLsn, catalogXmin } = position;
  const xid = catalogXmin === null ? null : String(xidOf(catalogXmin, xidBase));
  return {
    name,
    type,
    isActive: user !== null,
    restartLsn: restartLsn === null || isLost ? null : lsnOf(restartLsn),
    xmin: type === 'physical' ? xid : null,
    walStatus: isLost ? 'lost' : restartLsn === null ? null : 'reserved',
    database,
    plugin,
    datoid: type === 'logical' ? String(databaseOid) : null,
    catalogXmin: xid,
    confirmedFlushLsn: confirmedFlushLsn === null ? null : lsnOf(confirmedFlushLsn),
    retainedBytes: restartLsn === null || isLost ? null : BigInt(Math.max(0, end - restartLsn)),
  };
}

export function slotInfo(slot: Slot, end: number, xidBase: number): SlotInfo {
  return slotInfoOf(slotRow(slot, end, xidBase));
}
