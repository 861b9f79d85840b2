// Ports a hook asked to open and to close, checked as far as the agent can tell: against what was open on
// the machine when the hook started, and against what the hook itself asked for (H142).

import type { PortRange, UnitName } from '../model.ts';
import { overlap, portsText, samePorts, sameRange } from './port-range.ts';

export interface PortChanges {
  /** Ranges open on the unit's machine when the hook started, by unit. */
  readonly machine: ReadonlyMap<UnitName, readonly PortRange[]>;
  readonly open: PortRange[];
  readonly close: PortRange[];
}

export function createPortChanges(
  machine: ReadonlyMap<UnitName, readonly PortRange[]>,
): PortChanges {
  return { machine, open: [], close: [] };
}

/**
 * Asks for a range to be opened. Takes back a close asked for earlier, and does nothing for a range that
 * is open already. Gives the error text of a conflict, or null.
 */
export function openRange(changes: PortChanges, unit: UnitName, range: PortRange): string | null {
  drop(changes.close, range);
  const verdict = check(changes, unit, range, changes.open, false);
  if (verdict === 'fine') changes.open.push(range);
  return complaint(verdict, 'open', unit, range);
}

/** Asks for a range to be closed. A range that is not open is no fault (H140). */
export function closeRange(changes: PortChanges, unit: UnitName, range: PortRange): string | null {
  drop(changes.open, range);
  const verdict = check(changes, unit, range, changes.close, true);
  if (verdict === 'fine') changes.close.push(range);
  return complaint(verdict, 'close', unit, range);
}

/** What the unit would have open if the hook were committed now (H144). */
export function openedRanges(changes: PortChanges, unit: UnitName): readonly PortRange[] {
  const before = changes.machine.get(unit) ?? [];
  const opened = changes.open.filter((range) => !before.some((other) => sameRange(range, other)));
  return [...before, ...opened].filter(
    (range) => !changes.close.some((closed) => sameRange(range, closed)),
  );
}

type Verdict = 'fine' | 'there-already' | { readonly conflict: string };

/** A close may name a range that is open, so there the machine's own entry is no reason to stop. */
function check(
  changes: PortChanges,
  unit: UnitName,
  range: PortRange,
  pending: readonly PortRange[],
  closing: boolean,
): Verdict {
  const verdict = against(range, pending, unit, true, ' requested earlier');
  if (verdict !== 'fine') return verdict;
  for (const [other, ranges] of changes.machine) {
    const found = against(range, ranges, other, other === unit, '');
    if (found !== 'fine' && !(closing && found === 'there-already')) return found;
  }
  return 'fine';
}

function against(
  range: PortRange,
  existing: readonly PortRange[],
  owner: UnitName,
  isOwn: boolean,
  detail: string,
): Verdict {
  for (const other of existing) {
    if (!overlap(range, other)) continue;
    if (isOwn && samePorts(range, other)) {
      // The same ports for another endpoint are a legal change.
      if (range.endpoint !== other.endpoint) continue;
      return 'there-already';
    }
    return {
      conflict: `port range conflicts with ${portsText(other)} (unit "${owner}")${detail}`,
    };
  }
  return 'fine';
}

function complaint(
  verdict: Verdict,
  verb: string,
  unit: UnitName,
  range: PortRange,
): string | null {
  if (typeof verdict === 'string') return null;
  return `cannot ${verb} ${portsText(range)} (unit "${unit}"): ${verdict.conflict}`;
}

function drop(ranges: PortRange[], range: PortRange): void {
  const index = ranges.findIndex((other) => sameRange(other, range));
  if (index >= 0) ranges.splice(index, 1);
}
