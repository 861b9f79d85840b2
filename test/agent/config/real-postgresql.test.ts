// PostgreSQL itself reads what is written for it.

import assert from 'node:assert/strict';
import { chmod, chown, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { postgresqlConfText } from '#core/config/patroni/postgresql-conf.ts';
import { standbySettings } from '#core/config/patroni/recovery-settings.ts';
import { serverParameters } from '#core/config/patroni/server-parameters.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const programs = '/usr/lib/postgresql/15/bin';

test('postgresql.conf reads back in PostgreSQL as it was written', async (t) => {
  const found = await findIdentity(null);
  assert.ok(found.kind === 'found');
  const as = found.identity;
  const home = await temporaryDirectory(t);
  await chown(home, as.uid, as.gid);
  const data = join(home, 'data');
  const run = (file: string, ...args: string[]) =>
    runProgram({ file: join(programs, file), args, as, timeoutMs: 60_000 });
  const made = await run('initdb', '-D', data, '--no-sync', '--auth=peer');
  assert.equal(made.exitCode, 0, made.stderr + made.failure);

  const { parameters } = serverParameters({
    scope: 'main',
    listen: { host: '127.0.0.1', port: 5499 },
    serverVersion: 150_000,
    configDir: data,
    parameters: {
      log_line_prefix: "it's %m \\ [%p] \t\"$$\" 'x'\n",
      search_path: '"$user", "a b"',
      'my.setting': "# no comment \\'",
      max_connections: 77,
      jit: false,
      work_mem: '7MB',
    },
    roleParameters: {},
    synchronousStandbyNames: { kind: 'owned', value: 'ANY 1 ("a ""b""")' },
    isHotStandbyFeedbackForced: false,
    slotSync: 'configured',
    synchronizedStandbySlots: null,
    knownNames: null,
  });
  const recovery = standbySettings({
    memberName: "member 'one'",
    serverVersion: 150_000,
    upstream: { name: 'pg-1', connection: { host: '10.0.0.1', port: '5432' }, slotName: 'one' },
    replication: { username: 'rep', password: 'a\'b\\"$$%\nend', connection: {} },
    passfile: '/pgpass',
    recoveryConf: { restore_command: 'cp "/wal/%f" \'%p\'' },
    slotSyncDatabase: null,
  }).parameters;
  await rename(join(data, 'postgresql.conf'), join(data, 'postgresql.base.conf'));
  const path = join(data, 'postgresql.conf');
  const text = postgresqlConfText({
    include: 'postgresql.base.conf',
    parameters,
    hbaFile: join(data, 'pg_hba.conf'),
    identFile: join(data, 'pg_ident.conf'),
    isHbaFileForced: false,
    recovery,
  });
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  await chown(path, as.uid, as.gid);

  for (const [name, value] of Object.entries({ ...parameters, ...recovery })) {
    const printed = await run('postgres', '-D', data, '-C', name);
    assert.equal(printed.exitCode, 0, `${name}: ${printed.stderr}`);
    // PostgreSQL counts some of them in units of its own, and ends what it prints by a line break.
    const counted = { wal_keep_size: '128', wal_retrieve_retry_interval: '500', work_mem: '7168' };
    const shown = Object.entries(counted).find(([known]) => known === name)?.[1] ?? value;
    assert.equal(printed.stdout.replace(/\n$/u, ''), shown.replace(/\n$/u, ''), name);
  }
});
