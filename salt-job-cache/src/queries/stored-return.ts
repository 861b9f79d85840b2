// What a row of salt_returns holds, read for people: the value itself, as it is where it is Python's text.

import { parseJson } from '../value/parse-json.ts';
import type { PythonDict, PythonValue } from '../value/python-value.ts';
import { entriesOf, isDict, valueAt } from '../value/python-value.ts';

/** Null for text that is no JSON. */
export function parsedOrNull(text: string): { readonly value: PythonValue } | null {
  try {
    return { value: parseJson(text) };
  } catch {
    // Any other program may have written the row; what can't be read is shown as it is.
    return null;
  }
}

export interface StoredReturn {
  readonly value: PythonValue;
  /** What else stands beside it: retcode, success, out. */
  readonly others: readonly (readonly [PythonValue, PythonValue])[];
}

function hasReturn(value: PythonValue): value is PythonDict {
  return isDict(value) && valueAt(value, 'return') !== undefined;
}

/** Rows of Salt before 2018.3 hold the bare value. */
export function readStoredReturn(text: string): StoredReturn {
  const parsed = parsedOrNull(text);
  if (parsed === null) return { value: text, others: [] };
  if (!hasReturn(parsed.value)) return { value: parsed.value, others: [] };
  return {
    value: valueAt(parsed.value, 'return') ?? null,
    others: entriesOf(parsed.value).filter(([key]) => key !== 'return'),
  };
}
