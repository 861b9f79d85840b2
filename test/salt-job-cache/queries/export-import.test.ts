// What is exported from one job cache and imported into another is the same, row for row.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exportRows } from '#salt-job-cache/src/queries/export-rows.ts';
import type {
  ExportEnd,
  ExportOptions,
  ExportPosition,
} from '#salt-job-cache/src/queries/export-rows.ts';
import { Importer } from '#salt-job-cache/src/queries/import-rows.ts';
import type { ImportCounts } from '#salt-job-cache/src/queries/import-rows.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { jidNumber, withJobs } from './with-jobs.ts';
import type { TestJobs } from './with-jobs.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const everything: ExportOptions = {
  fromJid: null,
  toJid: null,
  fromTime: null,
  toTime: null,
  withEvents: true,
  after: null,
};

interface Exported {
  readonly lines: readonly string[];
  readonly end: ExportEnd;
  readonly positions: readonly ExportPosition[];
}

async function exported(
  jobs: TestJobs,
  change: Partial<ExportOptions> = {},
  abortAfter = Infinity,
): Promise<Exported> {
  const abort = new AbortController();
  let text = '';
  const positions: ExportPosition[] = [];
  const end = await exportRows(
    jobs.database,
    { ...everything, ...change },
    {
      async write(lines) {
        text += lines;
        return true;
      },
      onPosition(position) {
        positions.push(position);
        if (positions.length >= abortAfter) abort.abort();
      },
    },
    abort.signal,
  );
  return { lines: text.split('\n').slice(0, -1), end, positions };
}

interface Imported {
  readonly counts: ImportCounts;
  readonly bad: readonly string[];
}

async function imported(
  jobs: TestJobs,
  lines: readonly string[],
  isDryRun = false,
): Promise<Imported> {
  const bad: string[] = [];
  const importer = new Importer(jobs.database, {
    isDryRun,
    onBadLine: (line, problem) => bad.push(`${line}: ${problem}`),
    onProgress: () => undefined,
  });
  for (const line of lines) await importer.add(line);
  await importer.flush();
  return { counts: importer.counts, bad };
}

async function rowsOf(jobs: TestJobs): Promise<readonly string[]> {
  const rows = await jobs.sql(`
    SELECT 'j' || j::text AS row FROM jids j UNION ALL SELECT 'r' || r::text FROM salt_returns r
    UNION ALL SELECT 'e' || e::text FROM salt_events e ORDER BY 1`);
  return rows.map(({ row }) => String(row));
}

/** More jobs than a portion, with everything that is hard to carry. */
async function fill(jobs: TestJobs): Promise<void> {
  await jobs.sql(`
    INSERT INTO jids SELECT '20261120' || lpad(n::text, 12, '0'), timestamptz '2026-11-20 00:00:00.000001Z' + n * interval '1 s',
      'glob', 'publish', E'\\t\\\\N\\n"\\u2028é', '{}', '', 'root', '[]', 'test.ping' FROM generate_series(1, 2300) n;
    INSERT INTO salt_returns SELECT started, fun, jid, E'{"return": "\\\\\\\\ \\u0001"}', 'web' || n, CASE n WHEN 1 THEN true WHEN 2 THEN false END
      FROM jids, generate_series(1, 2) n;
    INSERT INTO salt_returns SELECT * FROM salt_returns WHERE jid = '20261120000000000007';
    UPDATE salt_returns SET added = added + interval '1 s' WHERE ctid IN (SELECT max(ctid) FROM salt_returns WHERE jid = '20261120000000000007');
    DELETE FROM salt_returns WHERE ctid IN (SELECT max(ctid) FROM salt_returns WHERE jid = '20261120000000000007' AND id = 'web1');
    INSERT INTO salt_returns (fun, jid, return, id) VALUES ('f', '20261121000000000000', 'no json', 'orphan'), ('f', 'odd', '1', 'orphan');
    INSERT INTO salt_events (tag, data, master_id) SELECT 't' || n % 7, '{"n": 1}', 'm' FROM generate_series(1, 1500) n`);
}

void test('an import of an export gives equal rows, and once more gives no other ones', async () => {
  await using source = await withJobs(server);
  await using target = await withJobs(server);
  await fill(source);
  const { lines, end } = await exported(source);
  assert.ok(end.isComplete);
  const first = await imported(target, lines);
  assert.deepEqual(first.bad, []);
  assert.deepEqual(await rowsOf(target), await rowsOf(source));
  assert.equal(first.counts.there, 0);

  const second = await imported(target, lines);

  assert.deepEqual(second.counts.stored, { job: 0, return: 0, event: 0 });
  assert.equal(second.counts.there, lines.length);
  assert.deepEqual(await rowsOf(target), await rowsOf(source));
  // The next event does not get the number of one that came from the file.
  await target.sql("INSERT INTO salt_events (tag, data, master_id) VALUES ('new', '{}', 'm')");
  const ids = await target.sql('SELECT count(*) = count(DISTINCT id) AS unique FROM salt_events');
  assert.equal(ids[0]?.['unique'], true);
});

void test('an export that was cut short goes on where it was, and loses nothing', async () => {
  await using source = await withJobs(server);
  await fill(source);
  const whole = await exported(source);
  const lines: string[] = [];
  let after: ExportPosition | null = null;
  for (let part = 0; part < 20; part += 1) {
    const piece: Exported = await exported(source, { after }, 1);
    lines.push(...piece.lines);
    after = piece.end.position;
    if (piece.end.isComplete) break;
  }
  assert.deepEqual([...new Set(lines)].sort(), [...whole.lines].sort());
});

void test('exports a period only', async () => {
  await using source = await withJobs(server);
  await fill(source);
  const { lines } = await exported(source, {
    fromJid: '20261120000000000005',
    toJid: '20261120000000000007',
    withEvents: false,
  });
  assert.equal(lines.length, 6);
  const late = await exported(source, {
    fromTime: '2000-01-01 00:00:00+00',
    toTime: '2001-01-01 00:00:00+00',
  });
  assert.ok(!late.lines.some((line) => line.includes('"event"')));
});

const job = (jid: string): string =>
  JSON.stringify({
    type: 'job',
    jid,
    tgt_type: 'glob',
    cmd: 'publish',
    tgt: '*',
    kwargs: '{}',
    ret: '',
    username: 'root',
    arg: '[]',
    fun: 'f',
  });
const returned = (jid: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ type: 'return', fun: 'f', jid, return: '{"return": 1}', id: 'web1', ...more });

void test('a file that is there twice, or overlaps what is there, stores nothing twice', async () => {
  await using jobs = await withJobs(server);
  const lines = [
    job(jidNumber(1)),
    returned(jidNumber(1)),
    job(jidNumber(2)),
    returned(jidNumber(2)),
  ];
  await imported(jobs, lines.slice(0, 2));
  const { counts } = await imported(jobs, [...lines, ...lines]);
  assert.deepEqual(counts.stored, { job: 1, return: 1, event: 0 });
  assert.equal(counts.there, 6);
  assert.equal((await rowsOf(jobs)).length, 4);
});

void test('bad lines are named by number and field, and the others are stored', async () => {
  await using jobs = await withJobs(server);
  const lines = [
    job(jidNumber(1)),
    'no json',
    '',
    returned(jidNumber(1), { id: null }),
    returned(jidNumber(1), { added: '2026-02-30 00:00:00+00' }),
    returned(jidNumber(1)),
  ];
  const { bad, counts } = await imported(jobs, lines);
  assert.equal(bad.length, 3);
  assert.match(bad[0] ?? '', /^2: line: it is no JSON/u);
  assert.match(bad[1] ?? '', /^4: id: it is null/u);
  assert.match(bad[2] ?? '', /^5: return: .*out of range/u);
  assert.equal(counts.bad, 3);
  assert.deepEqual(counts.stored, { job: 1, return: 1, event: 0 });
});

void test('a dry run counts the same and stores nothing', async () => {
  await using jobs = await withJobs(server);
  const lines = [
    job(jidNumber(1)),
    returned(jidNumber(1)),
    '{"type":"event","tag":"t","data":"{}","master_id":"m"}',
  ];
  const dry = await imported(jobs, lines, true);
  assert.deepEqual(await rowsOf(jobs), []);
  const wet = await imported(jobs, lines);
  assert.deepEqual(dry.counts, wet.counts);
});
