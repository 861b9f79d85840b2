import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { lsnOf } from '#core/postgres/lsn.ts';
import { judgeFailedAdvance, needsCopy } from '#core/slots/advance-outcome.ts';
import { retryPauseMs } from '#core/slots/retry-pause.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { slotOf } from './samples.ts';

function logical(confirmed: number | null, more: Partial<SlotInfo> = {}): SlotInfo {
  const row = slotOf('ls', 50, { type: 'logical', database: 'a', plugin: 'pgoutput' });
  return {
    ...slotInfoOf({
      ...row,
      confirmedFlushLsn: confirmed === null ? null : lsnOf(confirmed),
    }),
    ...more,
  };
}

function judged(sqlState: string, slot: SlotInfo | null, to = 700): string {
  return judgeFailedAdvance(lsnOf(to), { reason: 'refused', sqlState, slot }).outcome;
}

it('AT-12, S-56: what the catalog says decides, not SQLSTATE 55000 alone', () => {
  assert.equal(judged('55000', logical(500, { walStatus: 'lost' })), 'invalidated');
  assert.equal(judged('55000', logical(500, { isConflicting: true })), 'invalidated');
  assert.equal(
    judged('55000', logical(500, { invalidationReason: 'rows_removed' })),
    'invalidated',
  );
  assert.equal(judged('58P01', logical(500)), 'wal-missing');
});

it('DEF-6: a slot that is ahead, of another database or in use is no reason to copy it', () => {
  assert.equal(judged('55000', logical(800)), 'already-ahead');
  assert.equal(judged('55000', logical(700)), 'already-ahead');
  assert.equal(judged('55000', logical(500)), 'error');
  assert.equal(judged('55000', logical(null)), 'error');
  assert.equal(judged('55006', logical(500)), 'error');
  assert.equal(judged('42704', null), 'error');
  assert.equal(judged('58P01', null), 'error');
});

it('only what the server has given up, or has no WAL for, is copied', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('55000', '55006', '57014', '42704', '58P01', ''),
      fc.option(fc.integer({ min: 1, max: 1000 })),
      fc.constantFrom('reserved', 'extended', 'unreserved', 'lost', null),
      (sqlState, confirmed, walStatus) => {
        const slot = logical(confirmed, { walStatus });
        const { outcome } = judgeFailedAdvance(lsnOf(500), { reason: '', sqlState, slot });
        const isLost = walStatus === 'lost' || (sqlState === '58P01' && (confirmed ?? 0) < 500);
        assert.equal(needsCopy(outcome), isLost);
      },
    ),
  );
});

it('X-28: a pause begins with a second, doubles, and never exceeds the period by more than a fifth', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 100].map((failures) => retryPauseMs(failures, 10_000, 0)),
    [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000],
  );
  assert.equal(retryPauseMs(1, 500, 0), 1000);
  assert.equal(retryPauseMs(9, 10_000, 0.5), 11_000);
});
