import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatLsn, lsnOf } from '#core/postgres/lsn.ts';
import { parseTimelineHistory } from '#core/postgres/timeline-history.ts';

const word = fc.stringMatching(/^[a-z][a-z ]{0,20}[a-z]$/u);

describe('parseTimelineHistory()', () => {
  it('reads each line back, whatever stands between', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            timeline: fc.integer({ min: 1, max: 1_000_000 }),
            lsn: fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
            reason: word,
          }),
        ),
        (lines) => {
          const text = lines
            .map(
              ({ timeline, lsn, reason }) => `${timeline}\t${formatLsn(lsnOf(lsn))}\t${reason}\n`,
            )
            .join('\n# a remark\n');
          assert.deepEqual(
            parseTimelineHistory(text),
            lines.map((line) => ({ ...line, timestamp: null, newLeader: null })),
          );
        },
      ),
    );
  });

  it('leaves out what is no line', () => {
    assert.deepEqual(parseTimelineHistory('garbage\n1\tnot/lsn\tx\n'), []);
  });
});
