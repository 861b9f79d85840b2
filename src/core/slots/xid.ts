// Transaction ids as PostgreSQL has them: 32 bits without a sign that go round, so that of two the earlier one is
// a matter of distance, not of size. Read as text they compare wrongly from 99 to 100 on already.

declare const xidBrand: unique symbol;

/** A transaction id, 1 to 2^32 - 1; made by the functions here only. */
export type Xid = number & { readonly [xidBrand]: true };

const largest = 0xffff_ffff;

/** The first one given to a transaction; those below it stand for times before all others. */
const firstNormal = 3;

/**
 * Reads an xid from what a driver or JSON made of it. Null for 0, which stands for none, and for anything that is
 * no xid: what is not known is never ready.
 */
export function parseXid(value: unknown): Xid | null {
  if (typeof value === 'string' && !/^\d{1,10}$/u.test(value)) return null;
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const number = Number(value);
  return Number.isInteger(number) && number > 0 && number <= largest ? (number as Xid) : null;
}

/** Whether `left` was given out before `right`. */
export function isXidBefore(left: Xid, right: Xid): boolean {
  if (left < firstNormal || right < firstNormal) return left < right;
  return ((left - right) | 0) < 0;
}

/** Whether `left` was given out before `right`, or is the same. */
export function isXidUpTo(left: Xid, right: Xid): boolean {
  return left === right || isXidBefore(left, right);
}
