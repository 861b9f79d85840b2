// The order of unit names, relation names and relation numbers: by number, not by text (T51), so that
// "first" and "lowest" mean what a person expects and published lists keep a stable order.

const NUMBERED = /^(.*?)([0-9]+)$/s;

/**
 * Compares names that end in a number, such as `pg/10` or `db:9`: first by what stands before the
 * number, then by the number, then by the text itself so that two different names never compare equal.
 */
export function compareNumbered(left: string, right: string): number {
  const leftMatch = NUMBERED.exec(left);
  const rightMatch = NUMBERED.exec(right);
  if (leftMatch !== null && rightMatch !== null && leftMatch[1] === rightMatch[1]) {
    // Numbers of any length are compared by length first: a float would confuse very large ones.
    const leftDigits = (leftMatch[2] ?? '').replace(/^0+(?=.)/, '');
    const rightDigits = (rightMatch[2] ?? '').replace(/^0+(?=.)/, '');
    const byNumber = leftDigits.length - rightDigits.length || compareText(leftDigits, rightDigits);
    return byNumber || compareText(left, right);
  }
  return compareText(leftMatch?.[1] ?? left, rightMatch?.[1] ?? right) || compareText(left, right);
}

/** Compares by UTF-16 code unit, which depends on no locale. */
export function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

/** The numbers in rising order, in a new array. */
export function sortedNumbers(numbers: Iterable<number>): number[] {
  return [...numbers].sort((left, right) => left - right);
}

/** The application part of a unit name: what stands before the last `/`, or all of it without one. */
export function applicationOf(unit: string): string {
  const slash = unit.lastIndexOf('/');
  return slash === -1 ? unit : unit.slice(0, slash);
}
