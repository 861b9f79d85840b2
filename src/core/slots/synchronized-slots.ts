// Decides for whom the consumers of logical slots wait on a primary, so that none of them has read what a standby that
// is promoted does not have: for those that commits wait for.

import { parseStandbyNames, strictPlaceholder } from '#core/sync/standby-names.ts';
import { slotNameFromMemberName } from './slot-name.ts';

/**
 * What `synchronized_standby_slots` has to be where `synchronous_standby_names` is this: it takes the slots of all of
 * them. A standby that no longer answers leaves the one, so it leaves the other, and holds nobody up for longer.
 */
export function synchronizedStandbySlots(synchronousStandbyNames: string): string {
  const standbys = parseStandbyNames(synchronousStandbyNames);
  if (standbys === null || standbys.kind === 'off') return '';
  const members = standbys.names.filter((name) => name !== strictPlaceholder);
  return [...new Set(members.map(slotNameFromMemberName))].toSorted().join(',');
}
