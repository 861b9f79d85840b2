// Flags of a method's section, which people write as booleans, numbers or words.

const wordsForOff: readonly string[] = ['', 'false', 'off', 'no', '0'];

/** Whether a flag is set. A word that means no is no, although it is not empty. */
export function isOn(flag: unknown): boolean {
  if (typeof flag === 'string') return !wordsForOff.includes(flag.trim().toLowerCase());
  return Boolean(flag);
}
