// Reads the control file: whole with pg_controldata, its beginning directly, and the shutdown checkpoint it
// points to.

import { endianness } from 'node:os';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlData } from '#core/ha/postgres-facts.ts';
import { parseControlData } from '#core/postgres/control-data.ts';
import type { ControlPeek } from '#core/postgres/control-file.ts';
import { controlPeekBytes, peekControlFile } from '#core/postgres/control-file.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { WalRecord } from '#core/postgres/wal-record.ts';
import { readWalRecord } from '#core/postgres/wal-record.ts';
import { segmentOf } from '#core/postgres/wal-segment.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import type { MemberPlace } from './member-place.ts';

export const isLittleEndian: boolean = endianness() === 'LE';

const programTimeoutMs = 10_000;

/** What pg_controldata says, or in words why it says nothing of use. */
export async function readControlData(place: MemberPlace): Promise<ControlData | string> {
  const result = await runProgram({
    file: place.program('pg_controldata'),
    args: ['-D', place.dataDirectory],
    as: place.identity,
    timeoutMs: programTimeoutMs,
  });
  if (result.exitCode !== 0) {
    return `pg_controldata says "${lastWords(result.stderr || result.failure)}"`;
  }
  return parseControlData(result.stdout) ?? 'pg_controldata prints something unknown';
}

/** Reads `count` bytes from the beginning of a file; fewer where it is shorter, null where it is missing. */
async function readHead(path: string, count: number): Promise<Uint8Array | null> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch {
    return null;
  }
  try {
    const buffer = Buffer.alloc(count);
    const { bytesRead } = await handle.read(buffer, 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** State and last checkpoint, within microseconds; null where only pg_controldata can tell. */
export async function peekControl(dataDirectory: string): Promise<ControlPeek | null> {
  const bytes = await readHead(join(dataDirectory, 'global', 'pg_control'), controlPeekBytes);
  return bytes === null ? null : peekControlFile(bytes, isLittleEndian);
}

/** What PostgreSQL keeps in the control file takes less, so that a disk writes it whole or not. */
const controlBytes = 512;

/** Changes whenever the control file does: what it holds. Its time would not tell two writes of one tick apart. */
export async function controlFileMark(dataDirectory: string): Promise<string> {
  try {
    const bytes = await readHead(join(dataDirectory, 'global', 'pg_control'), controlBytes);
    return bytes === null ? 'missing' : Buffer.from(bytes).toString('latin1');
  } catch {
    // Whoever reads it then says why that can't be done.
    return 'unreadable';
  }
}

/** The record at this position of a timeline, from the files in pg_wal; null where it is not there. */
export async function readRecordAt(
  dataDirectory: string,
  timeline: number,
  lsn: Lsn,
): Promise<WalRecord | null> {
  const segmentBytes = await readSegmentBytes(dataDirectory);
  const { fileName, offset } = segmentOf(timeline, lsn, segmentBytes);
  let handle;
  try {
    handle = await open(join(dataDirectory, 'pg_wal', fileName), 'r');
  } catch {
    return null;
  }
  try {
    // Only the pages it can stand on: a checkpoint record is little more than a hundred bytes.
    const from = offset - (offset % 8192);
    const buffer = Buffer.alloc(Math.min(3 * 8192, segmentBytes - from));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    const part = { bytes: buffer.subarray(0, bytesRead), start: from };
    return readWalRecord(part, offset, lsn, isLittleEndian);
  } finally {
    await handle.close();
  }
}

/** `xlog_seg_size` of ControlFileData stands deep in it, so it is taken from pg_wal: all files are alike. */
export async function readSegmentBytes(dataDirectory: string): Promise<number> {
  const names = await readdir(join(dataDirectory, 'pg_wal'));
  const name = names.find((candidate) => /^[0-9A-F]{24}$/u.test(candidate));
  if (name === undefined) return 16 * 1024 * 1024;
  return (await stat(join(dataDirectory, 'pg_wal', name))).size;
}

export interface ShutdownCheckpoint {
  readonly lsn: Lsn;
  /** Where the WAL of before it ends; that of a switch of segments where archiving made one. */
  readonly previousLsn: Lsn;
  readonly endLsn: Lsn | null;
}

/** The checkpoint with which the server was shut down; null while it is not. */
export async function readShutdownCheckpoint(
  dataDirectory: string,
  peek: ControlPeek | null,
): Promise<ShutdownCheckpoint | null> {
  if (peek === null || peek.clusterState !== 'shut down') return null;
  const { timeline, checkpointLsn: lsn } = peek;
  const record = await readRecordAt(dataDirectory, timeline, lsn);
  if (record === null || record.kind !== 'shutdown-checkpoint') {
    return { lsn, previousLsn: lsn, endLsn: null };
  }
  const before = await readRecordAt(dataDirectory, timeline, record.previousLsn);
  // With archiving the server switches to a new segment first. A standby may be whole without having
  // received the checkpoint, so what counts is where the switch stands.
  const previousLsn = before?.kind === 'switch' ? record.previousLsn : lsn;
  return { lsn, previousLsn, endLsn: record.endLsn };
}
