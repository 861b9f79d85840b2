// Who has not returned is told where anything stored says who should.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { showJob } from '#salt-job-cache/src/queries/show-job.ts';
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

const jid = jidNumber(1);

const job: TestJob = {
  jid,
  fun: 'test.ping',
  target: 'web*',
  targetType: 'glob',
  user: 'root',
  returns: [{ minion: 'web1', success: true }],
};

async function storeEvent(jobs: TestJobs, tag: string, data: string): Promise<void> {
  await jobs.sql(
    `INSERT INTO salt_events (tag, data, master_id) VALUES ('${tag}', '${data}', 'm')`,
  );
}

async function missing(jobs: TestJobs): Promise<readonly string[] | null | undefined> {
  return (await showJob(jobs.database, jid, null))?.missing;
}

for (const partitions of [false, true]) {
  void test(`the event of a new job says who should return to a glob${partitions ? ', in partitions' : ''}`, async () => {
    await using jobs = await withJobs(server, { partitions });
    await storeJobs(jobs, [job]);
    assert.equal(await missing(jobs), null);

    await storeEvent(jobs, `salt/job/${jid}/ret/web1`, '{"minions": ["no"]}');
    await storeEvent(jobs, `salt/job/${jid}/new`, '{"minions": ["web1", "web2"]}');
    // Another master, and rows nobody can use.
    await storeEvent(jobs, `salt/job/${jid}/new`, '{"minions": ["web3", "web2"], "missing": []}');
    await storeEvent(jobs, `salt/job/${jid}/new`, '{"minions": "web4"}');
    await storeEvent(jobs, `salt/job/${jid}/new`, 'no JSON');

    assert.deepEqual(await missing(jobs), ['web2', 'web3']);
  });
}

void test('a table of events without an index of tags is not looked through for it', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, [job]);
  await storeEvent(jobs, `salt/job/${jid}/new`, '{"minions": ["web1", "web2"]}');
  await jobs.sql('DROP INDEX salt_events_tag_start_idx');

  assert.equal(await missing(jobs), null);
});

void test("Salt's own index of tags serves as well", async () => {
  await using jobs = await withJobs(server, { isMigrated: false });
  await jobs.sql(seedTables);
  await jobs.sql(grants(jobs.cache.user));
  await storeJobs(jobs, [job]);
  await storeEvent(jobs, `salt/job/${jid}/new`, '{"minions": ["web1", "web2"]}');

  assert.deepEqual(await missing(jobs), ['web2']);
});
