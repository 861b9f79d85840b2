// How deep a value may nest. Salt's bus carries 511 levels and Python's own JSON reader ends near 1,000: what
// is deeper could be stored, but never be read by Salt again.

import { PythonError } from './python-error.ts';

export const maxDepth = 900;

/** @param depth lists, tuples and dicts that are open, the innermost included */
export function checkDepth(depth: number): void {
  if (depth > maxDepth) {
    throw new PythonError(
      'RecursionError',
      `the value nests deeper than ${maxDepth} levels, more than Salt could read back`,
    );
  }
}

/** Python 3.11 neither reads nor writes an integer of more digits than this. */
const maxDigits = 4300;

export function checkDigits(digits: number): void {
  if (digits > maxDigits) {
    throw new PythonError(
      'ValueError',
      `the value holds an integer of ${digits} digits, but Python reads at most ${maxDigits}`,
    );
  }
}
