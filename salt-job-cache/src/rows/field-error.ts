// What is said where a field of a load, a return or an event can't be stored: which one, of which job, why.

import { JobCacheError } from '../errors.ts';
import { PythonError } from '../value/python-error.ts';

export interface FieldPlace {
  /** What holds the field: `the load`, `the return`, `the event`. */
  readonly holder: string;
  readonly jid: string | null;
  readonly field: string;
}

export interface Refusal {
  /** Python's name of the exception. */
  readonly kind: string;
  readonly problem: string;
  /** Where it is PostgreSQL that would refuse. */
  readonly sqlstate?: string;
}

/** A jid as a message may show it: the whole of one that is too long would hide the rest. */
export function shownJid(jid: string): string {
  return jid.length > 80 ? `${jid.slice(0, 80)}…` : jid;
}

export function fieldError(
  { holder, jid, field }: FieldPlace,
  { kind, problem, sqlstate }: Refusal,
  options?: ErrorOptions,
): JobCacheError {
  const job = jid === null ? '' : ` of job "${shownJid(jid)}"`;
  return new JobCacheError(
    `Cannot store field "${field}" of ${holder}${job}: ${problem}`,
    {
      kind,
      field,
      ...(jid === null ? {} : { jid }),
      ...(sqlstate === undefined ? {} : { sqlstate }),
    },
    options,
  );
}

/**
 * Runs an encoder and gives its errors a place.
 *
 * @throws {JobCacheError} of the kind Python's error has; `MemoryError` where the text would be too long
 */
export function encodeField<T>(place: FieldPlace, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (error instanceof PythonError) {
      throw fieldError(place, { kind: error.kind, problem: error.message }, { cause: error });
    }
    // JavaScript's own: a string that would be longer than it can hold.
    if (error instanceof RangeError) {
      const problem = 'its text is longer than 512 MiB, more than can be stored';
      throw fieldError(place, { kind: 'MemoryError', problem }, { cause: error });
    }
    throw error;
  }
}

/** A row of PostgreSQL ends at 1 GB, and so does the message that carries it; half of that is safe. */
const maxFieldBytes = 500_000_000;

function checkSize(place: FieldPlace, text: string): void {
  // No character takes more than three bytes of UTF-8 for each of its 16-bit units.
  if (text.length * 3 <= maxFieldBytes) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxFieldBytes) return;
  const problem = `it takes ${bytes} bytes, more than the ${maxFieldBytes} that are safe to send`;
  throw fieldError(place, { kind: 'MemoryError', problem });
}

/** Refuses what PostgreSQL's text can't hold: U+0000, and what is too long. */
export function checkText(place: FieldPlace, text: string): string {
  if (text.includes('\0')) {
    const problem = "it contains the character U+0000, which PostgreSQL can't store in text";
    throw fieldError(place, { kind: 'ValueError', problem });
  }
  checkSize(place, text);
  return text;
}
