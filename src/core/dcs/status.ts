// The key `status`: how far the leader's WAL is, and the slots every standby should have.

import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { JsonValue, Status } from './cluster.ts';
import { asList, asObject, asText, parseJson, writeJson } from './json.ts';
import { asPosition } from './position.ts';

export const emptyStatus: Status = { lastLsn: null, slots: {}, retainSlots: [] };

/** Reads any value whatsoever: an object, or a bare integer as versions before 2.1 wrote it. */
export function readStatus(value: string): Status {
  const parsed = parseJson(value);
  const data = asObject(parsed);
  if (data === null) return { ...emptyStatus, lastLsn: asPosition(parsed) };
  const lostSlots = readNames(data['lost_slots']);
  return {
    lastLsn: asPosition(data['optime']),
    slots: readSlots(data['slots']),
    retainSlots: readNames(data['retain_slots']),
    ...(lostSlots.length === 0 ? {} : { lostSlots }),
  };
}

function readNames(value: JsonValue | undefined): readonly string[] {
  return (asList(unwrapped(value)) ?? []).filter((name) => typeof name === 'string');
}

/** From the two keys of versions before 2.1. */
export function readLegacyStatus(optime: string | null, slots: string | null): Status {
  return {
    lastLsn: optime === null ? null : asPosition(optime),
    slots: slots === null ? {} : readSlots(slots),
    retainSlots: [],
  };
}

/** A slot is known by its name; a position that makes no sense counts as 0. */
function readSlots(value: JsonValue | undefined): Readonly<Record<string, Lsn>> {
  const slots = asObject(unwrapped(value)) ?? {};
  return Object.fromEntries(
    Object.entries(slots).map(([name, position]) => [name, asPosition(position) ?? lsnOf(0)]),
  );
}

/** In Kubernetes the parts are annotations, which are text: JSON in JSON. */
function unwrapped(value: JsonValue | undefined): JsonValue | undefined {
  const text = asText(value);
  return text === null ? value : parseJson(text);
}

/** Slots are left out where there are none. `lost_slots` is not of Patroni, which passes over it. */
export function writeStatus({ lastLsn, slots, retainSlots, lostSlots = [] }: Status): string {
  return writeJson({
    ...(lastLsn === null ? {} : { optime: lastLsn }),
    ...(Object.keys(slots).length === 0 ? {} : { slots }),
    ...(retainSlots.length === 0 ? {} : { retain_slots: retainSlots }),
    ...(lostSlots.length === 0 ? {} : { lost_slots: lostSlots }),
  });
}
