// Bootstrap against PostgreSQL itself.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { queryAs } from '../../adapters/pg/with-postgres.ts';
import { never } from './bootstrap-parts.ts';
import type { RealMember } from './with-bootstrap.ts';
import { passwords, withRealMember } from './with-bootstrap.ts';

/** What the processes of this machine have among their arguments now. */
function argumentsNow(): readonly string[] {
  const found: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    try {
      found.push(readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** Collects them until stopped. */
function watchArguments(): { stop(): Promise<string> } {
  const seen = new Set<string>();
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      for (const line of argumentsNow()) seen.add(line);
      await sleep(5);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      return [...seen].join('\n');
    },
  };
}

async function waitFor<Result>(
  what: string,
  look: () => Promise<Result | null>,
  withinMs = 30_000,
): Promise<Result> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline)
      throw new Error(`${what} within ${withinMs} ms: it did not come`);
    await sleep(20);
  }
}

async function ask(
  one: RealMember,
  statement: string,
  user = 'admin',
  password = passwords.superuser,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return queryAs(
    { host: one.host, port: one.port, user, password, database: 'postgres' },
    statement,
  );
}

/** A new cluster, ready. */
async function initialized(one: RealMember): Promise<void> {
  assert.equal(await one.bootstrap.bootstrap(never()), true, one.log.text());
  await waitFor('a server that accepts writes', async () => {
    const { sql } = await one.postgres.observe();
    return sql?.isInRecovery === false ? sql : null;
  });
  assert.equal(await one.bootstrap.postBootstrap(never()), true, one.log.text());
}

const postInit = `#!/bin/sh
echo "the script speaks"
for one in "$@"; do echo "arg: $one"; done > "$(dirname "$0")/seen"
echo "pgoptions: $PGOPTIONS" >> "$(dirname "$0")/seen"
echo "passfile: $(stat -c %a "$PGPASSFILE") $PGPASSFILE" >> "$(dirname "$0")/seen"
`;

describe('a new cluster by initdb', () => {
  it('has its options, its roles and its passwords, and shows no secret', async () => {
    await using one = await withRealMember('one', {
      bootstrap: (directory) => ({ post_bootstrap: `${directory}/init.sh 'a b'` }),
    });
    await one.script('init.sh', postInit);
    const watch = watchArguments();
    await initialized(one);
    const everySeen = await watch.stop();

    const [row] = await ask(
      one,
      `SELECT current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding`,
    );
    assert.deepEqual({ ...row }, { checksums: 'on', encoding: 'UTF8' });
    const roles = await ask(
      one,
      `SELECT rolname, rolsuper, rolreplication, rolpassword LIKE 'SCRAM-SHA-256$%' AS is_scram
       FROM pg_authid WHERE rolcanlogin ORDER BY rolname`,
    );
    assert.deepEqual(
      roles.map((role) => ({ ...role })),
      [
        { rolname: 'admin', rolsuper: true, rolreplication: true, is_scram: true },
        { rolname: 'replicator', rolsuper: false, rolreplication: true, is_scram: true },
        { rolname: 'rewinder', rolsuper: false, rolreplication: false, is_scram: true },
      ],
    );
    for (const [user, password] of [
      ['replicator', passwords.replication],
      ['rewinder', passwords.rewind],
    ] as const) {
      assert.equal((await ask(one, 'SELECT 1 AS one', user, password)).length, 1);
    }
    await ask(one, `SELECT pg_stat_file('PG_VERSION', false)`, 'rewinder', passwords.rewind);

    const seen = await readFile(join(one.directory, 'seen'), 'utf8');
    assert.match(seen, /^arg: a b\narg: dbname=postgres user=admin host=\S+ port=\d+\n/u);
    assert.match(seen, /pgoptions: -c synchronous_commit=local -c statement_timeout=0\n/u);
    assert.match(one.log.text(), /info post_init: the script speaks/u);

    const serverLog = await readFile(join(one.directory, 'server.log'), 'utf8');
    const journal = await readFile(`${one.dataDirectory}.bootstrap.json`, 'utf8');
    assert.match(journal, /"phase": "done"/u);
    for (const secret of Object.values(passwords)) {
      const part = secret.slice(0, 6);
      for (const [where, text] of Object.entries({
        everySeen,
        serverLog,
        journal,
        log: one.log.text(),
      })) {
        assert.ok(!text.includes(part), `a password is in ${where}`);
      }
    }
  });

  it('gives the script the password in a file, where one can hold it', async () => {
    await using one = await withRealMember('one', {
      passwords: { ...passwords, superuser: `s'u"$$%:\\x` },
      bootstrap: (directory) => ({ post_bootstrap: `${directory}/init.sh` }),
    });
    await one.script(
      'init.sh',
      `${postInit}${one.binDirectory}/psql -w -X -d "$1" -c 'CREATE TABLE made_by_script (a int)'\n`,
    );
    await initialized(one);
    const seen = await readFile(join(one.directory, 'seen'), 'utf8');
    const [, mode, path = ''] = /passfile: (\d+) (.+)\n/u.exec(seen) ?? [];
    assert.equal(mode, '600');
    await assert.rejects(stat(path), 'the file is gone');
    assert.match(one.log.text(), /post_init: CREATE TABLE/u);
  });

  it('does not wait for synchronous standbys that are not there', async () => {
    await using one = await withRealMember('one', {
      postgresql: (directory) => ({
        parameters: {
          unix_socket_directories: directory,
          fsync: 'off',
          shared_buffers: '8MB',
          synchronous_standby_names: '*',
        },
      }),
      bootstrap: (directory) => ({ post_bootstrap: `${directory}/init.sh` }),
    });
    await one.script('init.sh', '#!/bin/sh\nexit 0\n');
    await initialized(one);
  });

  it('tells command, code and output of a script that fails', async () => {
    await using one = await withRealMember('one', {
      bootstrap: (directory) => ({ post_bootstrap: `${directory}/init.sh` }),
    });
    await one.script('init.sh', '#!/bin/sh\necho "no such thing" >&2\nexit 4\n');
    assert.equal(await one.bootstrap.bootstrap(never()), true);
    assert.equal(await one.bootstrap.postBootstrap(never()), false);
    assert.match(
      one.log.text(),
      /post_init script \S+init\.sh returned non-zero code 4; its last lines:\nno such thing/u,
    );
  });

  it('refuses an option initdb does not have, with its words', async () => {
    await using one = await withRealMember('one', {
      bootstrap: () => ({ initdb: ['no-such-option'] }),
    });
    assert.equal(await one.bootstrap.bootstrap(never()), false);
    assert.match(one.log.text(), /unrecognized option '--no-such-option'/u);
    assert.equal((await one.postgres.observe()).dataDirectory, 'empty');
  });
});

describe('a replica', () => {
  it('is made by basebackup, telling how far it is, and starts', async () => {
    await using one = await withRealMember('one');
    await initialized(one);
    await ask(one, 'CREATE TABLE foo (a int)');
    await using two = await withRealMember('two', {
      postgresql: () => ({ basebackup: [{ 'max-rate': '100M' }, 'verbose', { pgdata: '/evil' }] }),
    });
    const watch = watchArguments();
    assert.equal(await two.bootstrap.clone(one.source, false, never()), true, two.log.text());
    const everySeen = await watch.stop();
    assert.ok(everySeen.includes(`--pgdata=${two.dataDirectory}`), 'the program was seen');
    assert.ok(!everySeen.includes(passwords.replication.slice(0, 6)));
    assert.match(two.log.text(), /error pgdata option for basebackup is not allowed/u);
    const last = two.progress.at(-1);
    assert.ok(last !== undefined && last.bytesDone > 1_000_000, JSON.stringify(last));
    assert.equal(last.bytesTotal, last.bytesDone);

    const upstream = {
      name: 'one',
      connection: { host: one.host, port: String(one.port) },
      slotName: null,
    };
    const started = await two.postgres.start({
      role: 'replica',
      upstream,
      timeoutMs: 30_000,
      callback: null,
    });
    assert.equal(started.kind, 'running');
    assert.deepEqual(
      (await ask(two, 'SELECT count(*)::int AS n FROM foo')).map((row) => row['n']),
      [0],
    );
  });

  it('fails with the words of pg_basebackup where it is not let in, and nothing is left', async () => {
    await using one = await withRealMember('one');
    await initialized(one);
    await using two = await withRealMember('two', {
      passwords: { ...passwords, replication: 'wrong' },
    });
    assert.equal(
      await two.bootstrap.createReplica(one.source, false, AbortSignal.timeout(3000)),
      1,
    );
    assert.match(two.log.text(), /password authentication failed for user "replicator"/u);
    assert.equal((await two.postgres.observe()).dataDirectory, 'empty');
  });

  it('leaves no process when it is cancelled', async () => {
    await using one = await withRealMember('one');
    await initialized(one);
    await ask(
      one,
      `CREATE TABLE big AS SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g`,
    );
    await using two = await withRealMember('two', {
      postgresql: () => ({ basebackup: [{ 'max-rate': '1M' }] }),
    });
    const controller = new AbortController();
    const copying = two.bootstrap.clone(one.source, false, controller.signal);
    await waitFor('a base backup that copies', async () =>
      two.progress.some((p) => p.bytesDone > 0) ? true : null,
    );
    controller.abort();
    assert.equal(await copying, false);
    const left = argumentsNow().filter((line) => line.includes(`--pgdata=${two.dataDirectory}`));
    assert.deepEqual(left, []);
    // The source gives its slots and senders back.
    await waitFor('a source without senders', async () =>
      (await ask(one, 'SELECT 1 FROM pg_stat_replication')).length === 0 ? true : null,
    );
  });
});

describe('a new cluster by a custom method', () => {
  it('is a copy of another one, closed to everybody who has no password', async () => {
    await using one = await withRealMember('one');
    await initialized(one);
    await ask(one, 'CREATE TABLE foo (a int)');
    await writeFile(
      join(one.directory, 'copy-pass'),
      `*:*:*:replicator:${passwords.replication.replaceAll(/[\\:]/gu, '\\$&')}\n`,
    );
    const other = { superuser: 'other super', replication: 'other repl', rewind: 'other rewind' };
    await using two = await withRealMember('two', {
      passwords: other,
      bootstrap: (directory) => ({
        method: 'copy',
        copy: { command: `${directory}/copy.sh 'from the other'`, host: one.host, port: one.port },
      }),
    });
    await two.script(
      'copy.sh',
      `#!/bin/sh
set -e
printf '%s\\n' "$@" > ${two.directory}/seen
cp ${join(one.directory, 'copy-pass')} ${two.directory}/pass && chmod 600 ${two.directory}/pass
PGPASSFILE=${two.directory}/pass ${two.binDirectory}/pg_basebackup -c fast -X stream -D ${two.dataDirectory} -d "host=${one.host} port=${one.port} user=replicator"
`,
    );
    await initialized(two);
    const seen = await readFile(join(two.directory, 'seen'), 'utf8');
    assert.equal(
      seen,
      `from the other\n--scope=batman\n--datadir=${two.dataDirectory}\n--host=${one.host}\n--port=${one.port}\n`,
    );
    assert.equal((await ask(two, 'SELECT 1 FROM foo', 'admin', other.superuser)).length, 0);
    await assert.rejects(
      ask(two, 'SELECT 1', 'admin', passwords.superuser),
      /password authentication failed/u,
    );
    assert.doesNotMatch(await readFile(join(two.dataDirectory, 'pg_hba.conf'), 'utf8'), /trust/u);
    assert.equal(two.bootstrap.runningCustomBootstrap, false);
  });

  it('is a backup, recovered to the end of its archive and then open for writes', async () => {
    await using one = await withRealMember('one', {
      postgresql: (directory) => ({
        parameters: {
          unix_socket_directories: directory,
          fsync: 'off',
          shared_buffers: '8MB',
          archive_mode: 'on',
          archive_command: `cp %p ${directory}/wal-%f`,
        },
      }),
    });
    await initialized(one);
    const passfile = join(one.directory, 'copy-pass');
    await writeFile(
      passfile,
      `*:*:*:replicator:${passwords.replication.replaceAll(/[\\:]/gu, String.raw`\$&`)}\n`,
      { mode: 0o600 },
    );
    await chown(passfile, one.identity.uid, one.identity.gid);
    const backup = join(one.directory, 'backup');
    const copied = await runProgram({
      file: join(one.binDirectory, 'pg_basebackup'),
      args: [
        '-c',
        'fast',
        '-X',
        'none',
        '-D',
        backup,
        '-d',
        `host=${one.host} port=${one.port} user=replicator`,
      ],
      as: one.identity,
      environment: { PGPASSFILE: passfile },
      timeoutMs: 60_000,
    });
    assert.equal(copied.exitCode, 0, copied.stderr);
    await ask(one, 'CREATE TABLE bar (a int)');
    const [row] = await ask(one, 'SELECT pg_walfile_name(pg_switch_wal()) AS segment');
    const segment = join(one.directory, `wal-${String(row?.['segment'])}`);
    await waitFor('an archived segment', async () =>
      (await stat(segment).catch(() => null)) === null ? null : true,
    );

    await using two = await withRealMember('two', {
      bootstrap: (directory) => ({
        method: 'pitr',
        pitr: {
          command: `cp -a ${backup}/. ${directory}/data`,
          no_params: true,
          recovery_conf: {
            recovery_target_action: 'promote',
            recovery_target_timeline: 'latest',
            restore_command: `cp ${one.directory}/wal-%f %p`,
          },
        },
      }),
    });
    await initialized(two);
    assert.equal((await ask(two, 'SELECT 1 FROM bar')).length, 0);
    assert.equal((await ask(two, 'SHOW hot_standby')).at(0)?.['hot_standby'], 'on');
    const { isSetUpAsStandby } = await two.postgres.observe();
    assert.equal(isSetUpAsStandby, false);
  });
});
