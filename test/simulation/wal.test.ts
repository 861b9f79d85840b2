// The log of a data directory: what a crash takes, timelines, and who may stream from whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { judgeStream, Wal } from './postgres/wal.ts';

let id = 0;

function write(wal: Wal, count: number, bytes = 100): void {
  for (let written = 0; written < count; written += 1) {
    id += 1;
    wal.append({ id, kind: 'write' }, bytes);
  }
  wal.flush();
}

function promoted(wal: Wal): void {
  wal.branch();
  id += 1;
  wal.append({ id, kind: 'end-of-recovery' }, 60);
  wal.flush();
}

function copyOf(wal: Wal): Wal {
  const copy = new Wal();
  copy.copyFrom(wal);
  return copy;
}

test('a crash takes what was not on disk, and nothing else', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.nat(3000), (safe, loose, kept) => {
      const wal = new Wal();
      write(wal, safe);
      const flushed = wal.flushedEnd;
      for (let count = 0; count < loose; count += 1) wal.append({ id: -count, kind: 'write' }, 100);
      const before = wal.end;
      wal.loseUnflushed(kept);
      assert.ok(wal.end >= flushed && wal.end <= before && wal.end <= flushed + kept);
      assert.equal(wal.flushedEnd, wal.end);
    }),
  );
});

test('a standby streams what it lacks, also across the place where a timeline began', () => {
  const primary = new Wal();
  write(primary, 5);
  const standby = copyOf(primary);
  write(primary, 3);
  assert.equal(judgeStream(standby, primary).kind, 'ok');
  const successor = copyOf(primary);
  promoted(successor);
  assert.equal(judgeStream(standby, successor).kind, 'ok');
  assert.deepEqual(successor.ancestors, [{ timeline: 1, end: primary.end }]);
});

test('who went beyond the place where the timeline was left can not stream', () => {
  const primary = new Wal();
  write(primary, 5);
  const successor = copyOf(primary);
  promoted(successor);
  write(primary, 1);
  assert.equal(judgeStream(primary, successor).kind, 'refused');
  assert.equal(judgeStream(successor, primary).kind, 'refused', 'nor can the newer from the older');
});

test('two promotions of the same number are told apart by their records, as far as PostgreSQL can', () => {
  const primary = new Wal();
  write(primary, 5);
  const [one, other] = [copyOf(primary), copyOf(primary)];
  promoted(one);
  promoted(other);
  assert.equal(one.timeline, other.timeline);
  write(other, 3);
  assert.equal(judgeStream(one, other).kind, 'mixed', 'records of the same length look alike');
  assert.equal(copyOf(one).adoptTail(other), true, 'no write is among what is different');
  write(one, 1, 77);
  assert.equal(judgeStream(one, other).kind, 'refused', 'incorrect prev-link');
  const wrong = copyOf(other);
  write(wrong, 1);
  write(one, 1, 223);
  assert.equal(copyOf(one).adoptTail(wrong), false);
});
