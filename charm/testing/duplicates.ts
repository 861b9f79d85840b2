// Finds what stands in a list more than once.

/** Each value that occurs again, once, in the order of the second occurrences. */
export function duplicates<Value>(values: readonly Value[]): readonly Value[] {
  const seen = new Set<Value>();
  const again = new Set<Value>();
  for (const value of values) {
    if (seen.has(value)) again.add(value);
    seen.add(value);
  }
  return [...again];
}
