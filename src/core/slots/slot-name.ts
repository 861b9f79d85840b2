// Names of replication slots: what a member's own is called, and which names a slot may have at all.

/** Longest name PostgreSQL takes. */
const longestName = 63;

const validName = /^[a-z0-9_]{1,63}$/u;

/**
 * The slot of a member: lower case, `-` and `.` as `_`, any other character as `u` and its code point in at
 * least four digits, cut to what PostgreSQL takes. Several names may give one slot: see `sharedSlotNames`.
 */
export function slotNameFromMemberName(memberName: string): string {
  return memberName
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/gu, (character) =>
      '-.'.includes(character) ? '_' : `u${String(character.codePointAt(0)).padStart(4, '0')}`,
    )
    .slice(0, longestName);
}

/** Whether a user may ask for a slot of this name. */
export function isValidSlotName(name: string): boolean {
  return validName.test(name);
}

/** Slot names that several of these members would share, with these members. */
export function sharedSlotNames(
  memberNames: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const bySlot = Map.groupBy(memberNames, slotNameFromMemberName);
  return new Map([...bySlot].filter(([, names]) => names.length > 1));
}
