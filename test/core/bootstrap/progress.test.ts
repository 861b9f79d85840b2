import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addSample,
  progressOf,
  progressText,
  readBasebackupProgress,
} from '#core/bootstrap/basebackup-progress.ts';
import type { RateWindow } from '#core/bootstrap/basebackup-progress.ts';
import { journalPhases, readJournal, whyNotInitdb, writeJournal } from '#core/bootstrap/journal.ts';

describe('readBasebackupProgress', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['    0/22963 kB (0%), 0/1 tablespace', { bytesDone: 0, bytesTotal: 23_514_112 }],
    ['22972/22972 kB (100%), 1/1 tablespace', { bytesDone: 23_523_328, bytesTotal: 23_523_328 }],
    [
      ' 512/1024 kB (50%), 0/2 tablespaces (/data/base/1/1249)',
      { bytesDone: 524_288, bytesTotal: 1_048_576 },
    ],
    ['  512 kB, 0/1 tablespace', { bytesDone: 524_288, bytesTotal: null }],
    ['waiting for checkpoint', null],
    ['pg_basebackup: error: connection failed', null],
    ['', null],
  ];
  for (const [line, expected] of cases) {
    it(`reads ${JSON.stringify(line)}`, () =>
      assert.deepEqual(readBasebackupProgress(line), expected));
  }
});

describe('progressOf', () => {
  it('tells rate and end from what was seen in the last half minute', () => {
    let window: RateWindow = [];
    // Slow at first: only the last half minute counts.
    for (let second = 0; second <= 60; second += 1) {
      const bytesDone = second < 30 ? second : (second - 30) * 1000 + 30;
      window = addSample(window, { atMs: second * 1000, bytesDone });
    }
    assert.deepEqual(progressOf('copy', 'copying', window, 60_030), {
      action: 'copy',
      phase: 'copying',
      bytesDone: 30_030,
      bytesTotal: 60_030,
      bytesPerSecond: 1000,
      expectedEndInMs: 30_000,
    });
  });

  it('tells no rate from one sample, and no end without a total', () => {
    const one = addSample([], { atMs: 5, bytesDone: 10 });
    assert.equal(progressOf('a', 'p', one, 100).bytesPerSecond, null);
    const two = addSample(one, { atMs: 1005, bytesDone: 20 });
    const progress = progressOf('a', 'p', two, null);
    assert.equal(progress.bytesPerSecond, 10);
    assert.equal(progress.expectedEndInMs, null);
  });

  it('begins anew where the copy did', () => {
    const before = addSample([], { atMs: 0, bytesDone: 1000 });
    assert.deepEqual(addSample(before, { atMs: 10, bytesDone: 5 }), [{ atMs: 10, bytesDone: 5 }]);
  });

  it('never tells more done than there is, an end in the past, or a text that is no text', () => {
    const samples = fc.array(fc.record({ step: fc.nat(20_000), bytesDone: fc.nat(1_000_000) }));
    fc.assert(
      fc.property(samples, fc.option(fc.nat(1_000_000)), (list, total) => {
        let window: RateWindow = [];
        let atMs = 0;
        for (const { step, bytesDone } of list) {
          atMs += step;
          window = addSample(window, { atMs, bytesDone });
        }
        const progress = progressOf('a', 'p', window, total);
        assert.ok(progress.bytesTotal === null || progress.bytesTotal >= progress.bytesDone);
        assert.ok(progress.expectedEndInMs === null || progress.expectedEndInMs >= 0);
        assert.ok(progress.bytesPerSecond === null || progress.bytesPerSecond >= 0);
        assert.doesNotMatch(progressText(progress), /NaN|Infinity|undefined|null/u);
      }),
    );
  });
});

describe('the journal', () => {
  const journal = fc.record({
    phase: fc.constantFrom(...journalPhases),
    method: fc.string(),
    isCustom: fc.boolean(),
    startedAtMs: fc.nat(),
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(journal, (one) => assert.deepEqual(readJournal(writeJournal(one)), { ...one })),
    );
  });

  for (const text of ['', '{', '[]', 'null', '{"phase":"flying","method":"a","startedAtMs":1}']) {
    it(`takes ${JSON.stringify(text)} for none`, () => assert.equal(readJournal(text), null));
  }

  it('keeps an empty cluster from being made after a restore that did not end, and only then', () => {
    fc.assert(
      fc.property(journal, (one) => {
        const why = whyNotInitdb(one, '/data.bootstrap.json');
        assert.equal(
          why !== null,
          one.isCustom && !['done', 'cloning', 'rewinding'].includes(one.phase),
        );
        if (why !== null) assert.ok(why.includes('/data.bootstrap.json'));
      }),
    );
    assert.equal(whyNotInitdb(null, ''), null);
  });
});
