import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import { WriteCombiner } from '#salt-job-cache/src/write-combiner.ts';

const refusal = (row: number): JobCacheError =>
  new JobCacheError(`row ${row} can't be stored`, { kind: 'DataError', sqlstate: '22001' });
const away = (): JobCacheError =>
  new JobCacheError('the connection broke', { kind: 'OperationalError', isTransient: true });

/** A table that takes some rows, all of a statement or none, and may break at a given statement. */
class Table {
  readonly stored: number[] = [];
  readonly statements: (readonly number[])[] = [];
  readonly #isBad: (row: number) => boolean;
  readonly #breaksAt: number;

  constructor(isBad: (row: number) => boolean, breaksAt = Number.POSITIVE_INFINITY) {
    this.#isBad = isBad;
    this.#breaksAt = breaksAt;
  }

  async store(rows: readonly number[]): Promise<void> {
    this.statements.push(rows);
    await Promise.resolve();
    if (this.statements.length === this.#breaksAt) throw away();
    const bad = rows.find((row) => this.#isBad(row));
    if (bad !== undefined) throw refusal(bad);
    this.stored.push(...rows);
  }
}

const combinerFor = (table: Table, rows = 1000, size = 1_000_000): WriteCombiner<number> =>
  new WriteCombiner(
    async (batch) => table.store(batch),
    () => 10,
    { rows, size },
  );

test('who comes while a statement is on its way shares the next one', async () => {
  const table = new Table(() => false);
  const combiner = combinerFor(table);

  await Promise.all([1, 2, 3, 4, 5].map(async (row) => combiner.add(row)));
  await combiner.add(6);

  assert.deepEqual(table.statements, [[1], [2, 3, 4, 5], [6]]);
});

test('a statement holds no more rows or characters than it may, but one row always goes', async () => {
  const table = new Table(() => false);
  const rows = [1, 2, 3, 4, 5, 6, 7];

  const byRows = combinerFor(table, 2);
  await Promise.all(rows.map(async (row) => byRows.add(row)));
  const bySize = combinerFor(table, 1000, 30);
  await Promise.all(rows.map(async (row) => bySize.add(row)));
  const tooLong = combinerFor(table, 1000, 5);
  await Promise.all([1, 2].map(async (row) => tooLong.add(row)));

  assert.deepEqual(table.statements, [
    [1],
    [2, 3],
    [4, 5],
    [6, 7],
    [1],
    [2, 3, 4],
    [5, 6, 7],
    [1],
    [2],
  ]);
});

test('only the bad rows fail, each with its own error, and the others are stored in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (bad, limit) => {
        const table = new Table((row) => bad[row] === true);
        const combiner = combinerFor(table, limit);

        const outcomes = await Promise.allSettled(bad.map(async (_, row) => combiner.add(row)));

        for (const [row, outcome] of outcomes.entries()) {
          if (bad[row] === true) {
            assert.ok(outcome.status === 'rejected');
            assert.match(String(outcome.reason), new RegExp(`row ${row} can't`, 'u'));
          } else {
            assert.equal(outcome.status, 'fulfilled');
          }
        }
        assert.deepEqual(
          table.stored,
          [...bad.keys()].filter((row) => bad[row] !== true),
        );
      },
    ),
  );
});

test('where the connection breaks nothing is sent twice, and only stored rows are acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      async (bad, breaksAt) => {
        const table = new Table((row) => bad[row] === true, breaksAt);
        const combiner = combinerFor(table);

        const outcomes = await Promise.allSettled(bad.map(async (_, row) => combiner.add(row)));
        await combiner.add(-1).catch(() => undefined);

        const broken = table.statements[breaksAt - 1] ?? [];
        const acknowledged = [...bad.keys()].filter((row) => outcomes[row]?.status === 'fulfilled');
        assert.deepEqual(
          table.stored.filter((row) => row !== -1),
          acknowledged,
        );
        for (const row of broken) {
          const sent = table.statements.slice(breaksAt).some((rows) => rows.includes(row));
          assert.equal(sent, false);
        }
        for (const row of broken.filter((row) => row !== -1)) {
          const outcome = outcomes[row];
          assert.ok(outcome?.status === 'rejected' && outcome.reason instanceof JobCacheError);
          assert.equal(outcome.reason.isTransient, true);
        }
      },
    ),
  );
});
