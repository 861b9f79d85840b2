// Whether every member has the slots it is to have, once nothing goes wrong any more but what a run wants to go on
// going wrong (INV-12, INV-15).

import { slotNameOnPrimary } from '#core/slots/slot-name-on-primary.ts';
import { asObject } from '#core/dcs/json.ts';
import type { JsonObject, Member } from '#core/dcs/cluster.ts';
import type { Machine } from '../member/machine.ts';
import type { Slot } from '../postgres/slot-table.ts';
import type { SimCluster } from '../run/sim-cluster.ts';

function isTroubled({ slotTrouble }: Machine, name: string): boolean {
  return slotTrouble.kind !== 'none' && [null, name].includes(slotTrouble.slot);
}

function isStreaming({ tags, name }: Machine, machines: readonly Machine[]): boolean {
  const from = tags['replicatefrom'];
  const replicatefrom = typeof from === 'string' ? from : null;
  const members = machines.map((other) => memberOf(other));
  return slotNameOnPrimary({ name, replicatefrom, nostream: false }, members) !== null;
}

/** Nothing else of a member counts for the way to the primary. */
function memberOf({ name, tags }: Machine): Member {
  return { name, tags } as Member;
}

function permanentSlots(dynamic: JsonObject): readonly string[] {
  return Object.keys(asObject(dynamic['slots'] ?? null) ?? {});
}

/** Somebody streams through it, and what it holds back of the catalog is theirs. */
function isLeftOver({ type, user, position }: Slot): boolean {
  return type === 'physical' && user === null && position.catalogXmin !== null;
}

/** What is missing, in words; null where nothing is. */
export function whatSlotIsMissing({ machines, plan }: SimCluster, primary: Machine): string | null {
  const { slots: theirs } = primary.server.data;
  // What is retained for a member that is away may hold back what it held back, until its time is over.
  const present = new Set(machines.filter(({ isLost }) => !isLost).map(({ name }) => name));
  if (asObject(plan.dynamic['postgresql'] ?? null)?.['use_slots'] === false) return null;
  for (const machine of machines.filter(({ isLost }) => !isLost)) {
    const { name, tags, server } = machine;
    const { slots } = server.data;
    if (machine !== primary && tags['nofailover'] !== true && isStreaming(machine, machines)) {
      for (const wanted of permanentSlots(plan.dynamic)) {
        const there = theirs.get(wanted);
        const isUseful = there !== null && !there.isLost && !isTroubled(machine, wanted);
        const here = slots.get(wanted);
        if (isUseful && (here === null || here.isLost)) return `${name} has no slot ${wanted}`;
      }
    }
    const left = slots.all.find((slot) => isLeftOver(slot) && present.has(slot.name));
    const isCascading = machines.some((other) => other.tags['replicatefrom'] === name);
    if (
      machine !== primary &&
      left !== undefined &&
      !isCascading &&
      !isTroubled(machine, left.name)
    ) {
      return `${name} still holds back ${left.position.catalogXmin} by its slot ${left.name}`;
    }
  }
  return null;
}
