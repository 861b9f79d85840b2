// Where a timeline began, and the head of the first record on it. Two promotions that made a timeline of the same number
// differ in it: its checksum covers the time of the promotion.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { textColumn } from '#adapters/pg/columns.ts';
import type { Credentials } from '#core/config/patroni/agent-config.ts';
import type { HistoryLine } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { segmentOf } from '#core/postgres/wal-segment.ts';
import type { Branch } from '#core/rewind/rewind-facts.ts';
import type { ConnectionTarget } from './connection.ts';
import { connect } from './connection.ts';
import { readSegmentBytes } from './control-reader.ts';

const pageBytes = 8192;
const pageHeaderBytes = 24;
const firstPageHeaderBytes = 40;
/** Of a record; the checksum is the last of it. */
const headBytes = 24;

/** Names the file may have, the usual one first, and where in it the head is. */
function placeOf(
  timeline: number,
  lsn: Lsn,
  segmentBytes: number,
): { readonly names: readonly string[]; readonly offset: number } {
  const { fileName, offset } = segmentOf(timeline, lsn, segmentBytes);
  const header = offset === 0 ? firstPageHeaderBytes : pageHeaderBytes;
  return {
    // The last segment of a timeline that has ended itself.
    names: [fileName, `${fileName}.partial`],
    offset: offset % pageBytes === 0 ? offset + header : offset,
  };
}

/** Null where there is no record yet. */
function markOf(hex: string): string | null {
  return hex.length === headBytes * 2 && /[1-9a-f]/u.test(hex) ? hex : null;
}

async function readLocalHead(path: string, offset: number): Promise<string | null> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch {
    return null;
  }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, offset);
    return markOf(buffer.subarray(0, bytesRead).toString('hex'));
  } finally {
    await handle.close();
  }
}

/** `lines`: of the timeline's history. Undefined on timeline 1. */
export async function localBranch(
  dataDirectory: string,
  timeline: number,
  lines: readonly HistoryLine[],
): Promise<Branch | undefined> {
  const lsn = lines.at(-1)?.lsn;
  if (lsn === undefined) return undefined;
  const { names, offset } = placeOf(timeline, lsn, await readSegmentBytes(dataDirectory));
  for (const name of names) {
    const mark = await readLocalHead(join(dataDirectory, 'pg_wal', name), offset);
    if (mark !== null) return { lsn, mark };
  }
  return { lsn, mark: null };
}

const headStatement = `
  SELECT coalesce(encode(pg_read_binary_file('pg_wal/' || name, $2, ${headBytes}, true), 'hex'), '') AS head
    FROM unnest($1::text[]) WITH ORDINALITY AS file (name, place)
   ORDER BY place`;

/** Of the timeline `ours` as the leader's history has it; undefined where that has none of this number. */
export async function leaderBranch(
  target: ConnectionTarget,
  credentials: Credentials,
  ours: number,
  history: { readonly timeline: number; readonly lines: readonly HistoryLine[] },
): Promise<Branch | undefined> {
  const numbers = [...history.lines.map(({ timeline }) => timeline), history.timeline];
  const lsn = history.lines[numbers.indexOf(ours) - 1]?.lsn;
  if (lsn === undefined) return undefined;
  try {
    await using connection = await connect({
      target,
      credentials,
      applicationName: 'Patroni rewind check',
      statementTimeoutMs: 2000,
    });
    const [size] = await connection.query(
      "SELECT pg_size_bytes(current_setting('wal_segment_size'))::int4 AS bytes",
    );
    const { names, offset } = placeOf(ours, lsn, Number(size?.['bytes']));
    const rows = await connection.query(headStatement, [names, offset]);
    const marks = rows.map((row) => markOf(textColumn(row, 'head')));
    return { lsn, mark: marks.find((mark) => mark !== null) ?? null };
  } catch {
    // A user who may not read files; where the timeline began counts all the same.
    return { lsn, mark: null };
  }
}
