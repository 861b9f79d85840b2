// What Python takes for true: everything but None, False, zero and what is empty.

import { isFloat } from './numbers.ts';
import type { PythonValue } from './python-value.ts';
import { entriesOf, isList, PythonFloat, PythonTuple } from './python-value.ts';

/** `bool(value)` */
export function isTrue(value: PythonValue): boolean {
  if (isFloat(value)) return (value instanceof PythonFloat ? value.value : value) !== 0;
  if (typeof value !== 'object' || value === null) return Boolean(value);
  if (value instanceof Uint8Array || isList(value)) return value.length > 0;
  if (value instanceof PythonTuple) return value.items.length > 0;
  return entriesOf(value).length > 0;
}
