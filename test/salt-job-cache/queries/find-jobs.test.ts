// Finds what matches, all of it and nothing else, newest first, whichever way leads there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { findJobs } from '#salt-job-cache/src/queries/find-jobs.ts';
import { parseGlob } from '#salt-job-cache/src/glob.ts';
import { everyJob } from '#salt-job-cache/src/queries/job-filter.ts';
import type { JobFilter } from '#salt-job-cache/src/queries/job-filter.ts';
import { queryIndexes } from '#salt-job-cache/src/queries/indexes.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { grants, seedTables } from '../cli/seed-tables.ts';
import { startServer } from '../program/with-job-cache.ts';
import { jidNumber, storeJobs, withJobs } from './with-jobs.ts';
import type { TestJob, TestJobs } from './with-jobs.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const longName = 'x'.repeat(300);
const longTarget = `['${longName}', 'web3']`;

/** Jobs with every combination of what can be looked for, the rare ones oldest. */
const made: readonly TestJob[] = Array.from({ length: 240 }, (_, index) => ({
  jid: jidNumber(index),
  fun: index === 5 ? 'rare.fun' : (['test.ping', 'state.apply', 'cmd.run'][index % 3] ?? ''),
  target:
    index % 7 === 0
      ? `['web${index % 5}', 'db']`
      : index === 20
        ? longTarget
        : index % 2 === 0
          ? '*'
          : `web${index % 9}`,
  targetType: index % 7 === 0 || index === 20 ? 'list' : 'glob',
  user: index === 9 ? "o'brien" : 'root',
  returns: Array.from({ length: index % 4 }, (_, number) => ({
    minion: `web${(index + number) % 6}`,
    success: index === 11 || index % 13 === 0 ? false : index % 17 === 0 ? null : true,
  })),
}));

function matchesGlob(glob: string, text: string): boolean {
  const pattern = glob
    .replaceAll(/[.[\]]/gu, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 'su').test(text);
}

interface Wanted {
  readonly fun: string | null;
  readonly target: string | null;
  readonly minion: string | null;
  readonly user: string | null;
  readonly outcome: JobFilter['outcome'];
  readonly from: number | null;
  readonly to: number | null;
}

function matchesTarget(glob: string, job: TestJob): boolean {
  if (matchesGlob(glob, job.target)) return true;
  return (
    job.targetType === 'list' &&
    [...job.target.matchAll(/'([^']*)'/gu)].some(([, name = '']) => matchesGlob(glob, name))
  );
}

/** The same question, answered one job after another. */
function expected(wanted: Wanted): readonly string[] {
  return made
    .filter((job, index) => {
      const { fun, target, minion, user, outcome, from, to } = wanted;
      if (fun !== null && !matchesGlob(fun, job.fun)) return false;
      if (target !== null && !matchesTarget(target, job)) return false;
      if (minion !== null && !job.returns.some((one) => matchesGlob(minion, one.minion)))
        return false;
      if (user !== null && job.user !== user) return false;
      if ((from !== null && index < from) || (to !== null && index >= to)) return false;
      const hasFailed = job.returns.some(({ success }) => success === false);
      if (outcome === 'failed') return hasFailed;
      if (outcome === 'success') return job.returns.length > 0 && !hasFailed;
      return outcome !== 'missing' || job.returns.length === 0;
    })
    .map(({ jid }) => jid)
    .reverse();
}

function filterFor(wanted: Wanted): JobFilter {
  const glob = (text: string | null): JobFilter['function'] =>
    text === null ? null : parseGlob(text);
  return {
    ...everyJob,
    function: glob(wanted.fun),
    target: glob(wanted.target),
    minion: glob(wanted.minion),
    user: wanted.user,
    outcome: wanted.outcome,
    fromJid: wanted.from === null ? null : jidNumber(wanted.from),
    toJid: wanted.to === null ? null : jidNumber(wanted.to),
  };
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  fun: fc.constantFrom(null, 'test.ping', 'rare.fun', '*.fun', 'state.*', 'nope', '*'),
  target: fc.constantFrom(null, null, '*', 'web3', 'web?', 'db', 'nope*', longName),
  minion: fc.constantFrom(null, null, 'web1', 'web*', 'nope', '?eb5'),
  user: fc.constantFrom(null, null, 'root', "o'brien", 'nobody'),
  outcome: fc.constantFrom(null, 'success', 'failed', 'missing'),
  from: fc.constantFrom(null, null, 3, 100),
  to: fc.constantFrom(null, null, 30, 200),
});

const limits = fc.constantFrom(1, 7, 500);
/** Such that what is looked for is in the first, in the second, beyond both, or in the last job of one. */
const windows: fc.Arbitrary<readonly [number, number]> = fc.constantFrom(
  [5, 20] as const,
  [1, 1] as const,
  [40, 200] as const,
  [240, 1] as const,
);

async function checkAll(jobs: TestJobs, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(wanted, limits, windows, async (question, limit, sizes) => {
      const page = await findJobs(jobs.database, filterFor(question), limit, { windows: sizes });
      const all = expected(question);
      assert.deepEqual(
        page.jobs.map(({ jid }) => jid),
        all.slice(0, limit),
      );
      assert.equal(page.before, all.length > limit ? (all[limit - 1] ?? null) : null);
    }),
    { numRuns: runs },
  );
}

void test('finds exactly the newest jobs that match', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, made);
  await checkAll(jobs, 100);
});

void test('finds the same without the indexes it likes, and in partitions', async () => {
  await using plain = await withJobs(server);
  await storeJobs(plain, made);
  for (const { name } of queryIndexes) await plain.sql(`DROP INDEX ${name}`);
  await checkAll(plain, 60);
  await using divided = await withJobs(server, { partitions: true });
  await storeJobs(divided, made);
  await checkAll(divided, 60);
});

void test('no job between what is looked through at once and the rest is left out, or found twice', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, made);
  const question: Wanted = {
    fun: null,
    target: null,
    minion: null,
    user: null,
    outcome: null,
    from: null,
    to: null,
  };
  for (const outcome of [null, 'missing', 'success'] as const) {
    const all = expected({ ...question, outcome });
    for (const first of [1, 2, 4, 100, 239, 240, 241]) {
      for (const second of [1, 3, 139, 140, 141]) {
        const { jobs: found } = await findJobs(
          jobs.database,
          filterFor({ ...question, outcome }),
          500,
          { windows: [first, second] },
        );
        assert.deepEqual(
          found.map(({ jid }) => jid),
          all,
          `${first} and ${second}`,
        );
      }
    }
  }
});

void test("finds the same in Salt's own tables, with nothing of ours", async () => {
  await using jobs = await withJobs(server, { isMigrated: false });
  await jobs.sql(seedTables);
  await jobs.sql(grants(jobs.cache.user));
  await storeJobs(jobs, made);
  await checkAll(jobs, 60);
});

void test('pages lead through all jobs, each once, while new ones come', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, made);
  const seen: string[] = [];
  let toJid: string | null = null;
  for (let page = 0; page < 100; page += 1) {
    const found = await findJobs(jobs.database, { ...everyJob, toJid }, 7);
    seen.push(...found.jobs.map(({ jid }) => jid));
    await storeJobs(jobs, [{ ...(made[0] as TestJob), jid: jidNumber(1000 + page) }]);
    toJid = found.before;
    if (toJid === null) break;
  }
  assert.deepEqual(seen, made.map(({ jid }) => jid).reverse());
});

void test('counts returns and failures of each job', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, made);
  const { jobs: found } = await findJobs(jobs.database, everyJob, 500);
  for (const { jid, returns, failed } of found) {
    const job = made.find((candidate) => candidate.jid === jid);
    assert.equal(returns, job?.returns.length);
    assert.equal(failed, job?.returns.filter(({ success }) => success === false).length);
  }
});

void test('each index is one the planner takes, and rare matches do not read the table', async () => {
  await using jobs = await withJobs(server);
  // Rare ones are beyond the newest jobs that are looked through first.
  await jobs.sql(`
    INSERT INTO jids SELECT '2026112' || lpad(n::text, 13, '0'), now(), 'glob', 'publish',
      CASE n WHEN 7 THEN 'rare' ELSE 'web' || n % 100 END, '{}', '', CASE n WHEN 7 THEN 'rare' ELSE 'root' END, '[]',
      CASE n WHEN 7 THEN 'rare' ELSE 'test.ping' END FROM generate_series(1, 30000) n;
    INSERT INTO salt_returns SELECT now(), fun, jid, '{"return": true}', CASE tgt WHEN 'rare' THEN 'rare' ELSE tgt END, tgt <> 'rare' FROM jids;
    ANALYZE jids, salt_returns`);
  const scans = async (): Promise<ReadonlyMap<string, number>> => {
    await jobs.database.session(async (session) => {
      // The counters of every session that is at rest are told at once.
      await session.run({ text: 'SELECT pg_stat_force_next_flush()' });
    });
    const rows = await jobs.sql(
      "SELECT indexrelname AS name, idx_scan AS scans FROM pg_stat_user_indexes WHERE indexrelname = ANY(ARRAY['" +
        queryIndexes.map(({ name }) => name).join("','") +
        "'])",
    );
    return new Map(rows.map(({ name, scans }) => [String(name), Number(scans)]));
  };
  const rare = parseGlob('rare');
  const questions: readonly (readonly [string, Partial<JobFilter>])[] = [
    ['jids_fun_jid_idx', { function: rare }],
    ['jids_tgt_jid_idx', { target: rare }],
    ['jids_username_jid_idx', { user: 'rare' }],
    ['salt_returns_id_jid_idx', { minion: rare }],
    ['salt_returns_failed_idx', { outcome: 'failed' }],
  ];
  for (const [index, question] of questions) {
    const before = await scans();
    const { jobs: found } = await findJobs(jobs.database, { ...everyJob, ...question }, 50);
    assert.equal(found.length, 1, index);
    const after = await scans();
    assert.ok((after.get(index) ?? 0) > (before.get(index) ?? 0), `${index} was not used`);
  }
});

void test('an empty job cache has no jobs; one without tables says what to do', async () => {
  await using empty = await withJobs(server);
  assert.deepEqual(await findJobs(empty.database, everyJob, 10), { jobs: [], before: null });
  assert.deepEqual(
    (await findJobs(empty.database, { ...everyJob, function: parseGlob('a*') }, 10)).jobs,
    [],
  );
  await using bare = await withJobs(server, { isMigrated: false });
  await assert.rejects(
    findJobs(bare.database, everyJob, 10),
    (error) => error instanceof JobCacheError && error.message.includes('salt-job-cache migrate'),
  );
});

void test('stops waiting when it is interrupted', async () => {
  await using jobs = await withJobs(server);
  const signal = AbortSignal.abort();
  await assert.rejects(findJobs(jobs.database, everyJob, 10, { signal }), /interrupted/u);
});
