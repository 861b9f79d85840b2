// WAL positions in JSON: an integer, which some stores hand back as text.

import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { JsonValue } from './cluster.ts';
import { asInteger } from './json.ts';

/** Null where it is no position. Never throws. */
export function asPosition(value: JsonValue | undefined): Lsn | null {
  const bytes = asInteger(value);
  return bytes === null || bytes < 0n || bytes > 0xffff_ffff_ffff_ffffn ? null : lsnOf(bytes);
}
