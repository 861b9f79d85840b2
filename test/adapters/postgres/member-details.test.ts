// Roles with any password, a start that takes longer than it is waited for, WAL that waits for its archive.

import assert from 'node:assert/strict';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openRoleSession } from '#adapters/postgres/member-connections.ts';
import { createOrUpdateRole } from '#adapters/postgres/roles.ts';
import { queryAs } from '../pg/with-postgres.ts';
import { asPrimary, observeUntil, serverWords, withMember } from './with-member.ts';

describe('createOrUpdateRole()', () => {
  it('makes a role that logs in with its password, whatever is in name and password', async () => {
    await using one = await withMember('one', { parameters: { log_statement: 'all' } });
    await one.initialize();
    const name = `app"$$'%\\role`;
    for (const password of [`a'b"$$%\n c`, 'another\\one']) {
      {
        await using session = await openRoleSession(one.config, one.config.postgresql.superuser);
        await createOrUpdateRole(session, name, password, ['createdb']);
      }
      const login = { host: one.host, port: one.port, database: 'postgres', user: name, password };
      const rows = await queryAs(
        login,
        'SELECT rolcreatedb, rolcanlogin FROM pg_roles WHERE rolname = current_user',
      );
      assert.deepEqual(rows, [{ rolcreatedb: true, rolcanlogin: true }]);
    }
    {
      await using session = await openRoleSession(one.config, one.config.postgresql.superuser);
      await createOrUpdateRole(session, name, null, ['nologin']);
      await assert.rejects(
        async () => createOrUpdateRole(session, name, null, ["LOGIN PASSWORD 'x'; DROP"]),
        RangeError,
      );
    }
    const words = await serverWords(one);
    assert.ok(!words.includes('SCRAM-SHA-256'));
    assert.ok(!words.includes('another'));
  });
});

describe('a start that takes longer than it is waited for', () => {
  it('counts as starting, and as running once somebody looks and it answers', async () => {
    await using one = await withMember();
    await one.initialize();
    const { pid } = await one.member.observe();
    const exit = Promise.withResolvers<void>();
    one.member.onExit(() => exit.resolve());
    process.kill(pid ?? 0, 'SIGKILL');
    await exit.promise;
    assert.deepEqual(await one.member.start({ ...asPrimary, timeoutMs: 0 }), { kind: 'starting' });
    const facts = await observeUntil(one.member, ({ sql }) => sql !== null);
    assert.equal(facts.state, 'running');
    assert.equal(facts.role, 'primary');
  });

  it('is not promoted where the script before it says no', async () => {
    await using one = await withMember('one', {
      pre_promote: '/bin/false',
      before_stop: '/bin/true',
    });
    assert.equal(await one.member.runPrePromote(), false);
    await using two = await withMember('two', { pre_promote: '/bin/true' });
    assert.equal(await two.member.runPrePromote(), true);
  });
});

describe('recovery in single-user mode', () => {
  it('archives what the crashed server had ready', async () => {
    await using one = await withMember('one', {
      parameters: { archive_mode: 'on' },
    });
    await one.initialize();
    const archive = join(one.directory, 'archive');
    await mkdir(archive);
    const { identity } = one.member.place;
    await chown(archive, identity.uid, identity.gid);
    await one.member.query('SELECT pg_switch_wal()');
    const status = join(one.dataDirectory, 'pg_wal', 'archive_status');
    const ready = (await readdir(status)).filter((name) => name.endsWith('.ready'));
    assert.equal(ready.length, 1);
    const { pid } = await one.member.observe();
    const exit = Promise.withResolvers<void>();
    one.member.onExit(() => exit.resolve());
    process.kill(pid ?? 0, 'SIGKILL');
    await exit.promise;
    // Only now, so that the server's own archiver does not get there before us.
    await one.member.reconfigure(
      one.configured({ parameters: { archive_command: `cp %p ${archive}/%f.tmp` } }),
    );
    assert.equal(await one.member.recoverInSingleUserMode(), true);
    const [segment = ''] = ready;
    assert.ok((await readdir(archive)).includes(`${segment.replace('.ready', '')}.tmp`));
  });
});
