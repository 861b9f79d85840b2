// Whether a change of the key `status` is a reason for a turn. Positions in it change all the time; that there are
// other slots is news: a replica is to have them too.

import type { Status } from '#core/dcs/cluster.ts';
import { readStatus } from '#core/dcs/status.ts';

export function isSlotNews(value: string, known: Status | null): boolean {
  const { slots } = readStatus(value);
  const names = Object.keys(slots);
  const before = known?.slots ?? {};
  return (
    names.length !== Object.keys(before).length ||
    names.some((name) => !Object.hasOwn(before, name))
  );
}
