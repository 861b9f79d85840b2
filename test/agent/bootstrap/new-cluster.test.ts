import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { verifierMatches } from '#adapters/pg/scram-verifier.ts';
import { Bootstrap } from '#agent/bootstrap/bootstrap.ts';
import type { Bench, ConfigParts } from './bootstrap-parts.ts';
import { endedWith, makeBench, never } from './bootstrap-parts.ts';

const restore = { command: 'restore.sh --x' };
const custom: ConfigParts = { bootstrap: { method: 'restore', methods: { restore } } };

describe('bootstrap by initdb', () => {
  it('runs it with its options, saves the files and starts the server', async () => {
    await using bench = await makeBench(
      {
        bootstrap: {
          initdb: ['data-checksums', { encoding: 'UTF8' }],
          pgHba: ['host all all all md5'],
        },
      },
      [endedWith(0)],
    );
    assert.equal(await bench.bootstrap.bootstrap(never()), true);
    assert.deepEqual(
      bench.calls[0]?.args.filter((argument) => !argument.startsWith('--pwfile=')),
      ['--data-checksums', '--encoding=UTF8', '--username=postgres', bench.dataDirectory],
    );
    assert.deepEqual(bench.postgres.calls, [
      'state: initializing new cluster',
      'readServerParameters',
      'appendHba: host all all all md5',
      'saveConfigurationFiles',
      'start',
    ]);
    assert.equal(bench.bootstrap.runningCustomBootstrap, false);
  });

  for (const password of ['simple', `a'b"c$$d%e\\f\ng`]) {
    it(`tells it a verifier of ${JSON.stringify(password)} in a file that is gone afterwards`, async () => {
      let seen = { text: '', mode: 0, path: '' };
      const superuser = { username: 'admin', password, connection: {} };
      await using bench = await makeBench({ postgresql: { superuser } }, [
        async (call) => {
          const argument = call.args.find((one) => one.startsWith('--pwfile=')) ?? '';
          const path = argument.slice('--pwfile='.length);
          seen = {
            path,
            text: await readFile(path, 'utf8'),
            mode: (await stat(path)).mode & 0o777,
          };
          throw new Error('even if it throws');
        },
      ]);
      assert.equal(await bench.bootstrap.bootstrap(never()), false);
      assert.equal(seen.mode, 0o600);
      assert.ok(verifierMatches(seen.text.trimEnd(), password));
      await assert.rejects(stat(seen.path));
      assert.ok(!bench.log.text().includes(password));
    });
  }

  it('takes an empty password for none, and says so', async () => {
    const superuser = { username: 'postgres', password: '', connection: {} };
    await using bench = await makeBench({ postgresql: { superuser } }, [endedWith(0)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), true);
    assert.ok(!bench.calls[0]?.args.some((argument) => argument.startsWith('--pwfile')));
    assert.match(bench.log.text(), /warning .*password is empty/u);
  });

  it('adds no lines to a pg_hba.conf that is configured elsewhere', async () => {
    const bootstrap = { pgHba: ['host all all all md5'] };
    for (const postgresql of [
      { pgHba: ['local all all trust'] },
      { parameters: { hba_file: '/x' } },
    ]) {
      await using bench = await makeBench({ bootstrap, postgresql }, [endedWith(0)]);
      await bench.bootstrap.bootstrap(never());
      assert.ok(!bench.postgres.calls.some((call) => call.startsWith('appendHba')));
    }
  });

  it('starts nothing with an option that is not allowed', async () => {
    for (const initdb of [{ pgdata: 'x' }, [{ a: 'b', c: 'd' }], [1], 1]) {
      await using bench = await makeBench({ bootstrap: { initdb } }, []);
      assert.equal(await bench.bootstrap.bootstrap(never()), false);
      assert.equal(bench.calls.length, 0);
      assert.match(bench.log.text(), /error Cannot make a cluster: .*Correct bootstrap\.initdb/u);
    }
  });

  it('tells why initdb failed', async () => {
    await using bench = await makeBench({}, [endedWith(1)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    assert.equal(bench.postgres.calls.at(-1), 'state: initdb failed');
    assert.match(
      bench.log.text(),
      /initdb exited with code=1; its last lines:\nthe reason it gave/u,
    );
  });

  it('makes none where something is in the data directory, and leaves it there', async () => {
    await using bench = await makeBench({}, []);
    await mkdir(bench.dataDirectory);
    await writeFile(join(bench.dataDirectory, 'precious'), 'x');
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    assert.equal(bench.calls.length, 0);
    assert.deepEqual(await readdir(bench.dataDirectory), ['precious']);
    assert.match(
      bench.log.text(),
      /critical Cannot make a cluster: the data directory .* is not empty/u,
    );
  });

  it('makes none without a section', async () => {
    await using bench = await makeBench({ bootstrap: null }, []);
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
  });

  it('counts a server that still starts as started, and one that does not as failed', async () => {
    await using starting = await makeBench({}, [endedWith(0)]);
    starting.postgres.outcome = { kind: 'starting' };
    assert.equal(await starting.bootstrap.bootstrap(never()), true);
    await using failed = await makeBench({}, [endedWith(0)]);
    failed.postgres.outcome = { kind: 'failed', why: 'port in use' };
    assert.equal(await failed.bootstrap.bootstrap(never()), false);
    assert.match(failed.log.text(), /Cannot start the new cluster: port in use/u);
  });
});

describe('bootstrap by a custom method', () => {
  it('runs the command, removes recovery settings and starts with trust', async () => {
    await using bench = await makeBench(custom, [endedWith(0)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), true);
    assert.equal(bench.calls[0]?.file, 'restore.sh');
    assert.deepEqual(bench.calls[0]?.args, [
      '--x',
      '--scope=batman',
      `--datadir=${bench.dataDirectory}`,
    ]);
    assert.deepEqual(bench.postgres.calls, [
      'state: running custom bootstrap script',
      'restoreConfigurationFiles',
      'readServerParameters',
      'removePromoteTrigger',
      'removeRecoveryConf',
      'saveConfigurationFiles',
      'start for a custom bootstrap',
    ]);
    assert.equal(bench.bootstrap.runningCustomBootstrap, true);
    assert.equal(bench.bootstrap.keepExistingRecoveryConf, false);
  });

  it('writes the recovery settings of its section', async () => {
    const section = { ...restore, recovery_conf: { recovery_target_action: 'promote' } };
    await using bench = await makeBench(
      { bootstrap: { method: 'restore', methods: { restore: section } } },
      [endedWith(0)],
    );
    await bench.bootstrap.bootstrap(never());
    assert.ok(
      bench.postgres.calls.includes('writeRecoveryConf: {"recovery_target_action":"promote"}'),
    );
    assert.ok(!bench.postgres.calls.includes('removeRecoveryConf'));
  });

  it('leaves the recovery settings of the backup where it is told to', async () => {
    const section = { ...restore, keep_existing_recovery_conf: true };
    await using bench = await makeBench(
      { bootstrap: { method: 'restore', methods: { restore: section } } },
      [endedWith(0)],
    );
    await bench.bootstrap.bootstrap(never());
    assert.equal(bench.bootstrap.keepExistingRecoveryConf, true);
    assert.ok(!bench.postgres.calls.some((call) => /RecoveryConf/u.test(call)));
  });

  it('tells why the command failed', async () => {
    await using bench = await makeBench(custom, [endedWith(7)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    assert.equal(bench.postgres.calls.at(-1), 'state: custom bootstrap failed');
    assert.match(
      bench.log.text(),
      /Custom bootstrap script restore\.sh --x exited with code=7; its last lines:\nthe reason/u,
    );
  });

  it('refuses a misspelled method and makes nothing', async () => {
    await using bench = await makeBench(
      { bootstrap: { method: 'restor', methods: { restore } } },
      [],
    );
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    assert.equal(bench.calls.length, 0);
    assert.match(bench.log.text(), /critical Cannot make a cluster by the method "restor"/u);
  });
});

describe('a failed first attempt', () => {
  it('is set aside under a new name each time, and nothing of it is deleted', async () => {
    await using bench: Bench = await makeBench({}, []);
    for (const [number, name] of ['data.failed', 'data.failed.2', 'data.failed.3'].entries()) {
      await mkdir(bench.dataDirectory);
      await writeFile(join(bench.dataDirectory, 'evidence'), `${number}`);
      await bench.bootstrap.moveDataDirectoryAside('failed');
      assert.equal(await readFile(join(bench.directory, name, 'evidence'), 'utf8'), `${number}`);
    }
  });

  it('of a restore keeps an empty cluster from being made, until somebody says so', async () => {
    await using bench = await makeBench(custom, [endedWith(1), endedWith(0), endedWith(0)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    await bench.bootstrap.moveDataDirectoryAside('failed');

    assert.equal(await bench.again({}).bootstrap(never()), false);
    assert.equal(bench.calls.length, 1, 'no initdb was run');
    assert.match(
      bench.log.text(),
      /critical Cannot make an empty cluster: the last attempt restored data by the method "restore"/u,
    );

    await rm(`${bench.dataDirectory}.bootstrap.json`);
    assert.equal(await bench.again({}).bootstrap(never()), true);
  });

  it('of a restore can be repeated', async () => {
    await using bench = await makeBench(custom, [endedWith(1), endedWith(0)]);
    assert.equal(await bench.bootstrap.bootstrap(never()), false);
    await bench.bootstrap.moveDataDirectoryAside('failed');
    assert.equal(await bench.again(custom).bootstrap(never()), true);
  });
});

describe('postBootstrap', () => {
  const script = { bootstrap: { postBootstrap: "init.sh 'a b'" } };

  it('makes the superuser, runs the script, and makes the other roles', async () => {
    const order: string[] = [];
    await using bench: Bench = await makeBench(script, [
      async (call) => {
        order.push(
          ...bench.postgres.statements.filter((one) => /ROLE|GRANT/u.test(one)),
          call.file,
        );
        bench.postgres.statements.length = 0;
        assert.equal(
          await readFile(call.environment['PGPASSFILE'] ?? '', 'utf8'),
          '/tmp:5432:*:postgres:super\nlocalhost:5432:*:postgres:super\n',
        );
        return endedWith(0);
      },
    ]);
    assert.equal(await bench.bootstrap.postBootstrap(never()), true);
    order.push(...bench.postgres.statements.filter((one) => /ROLE|GRANT/u.test(one)));
    const shown = order.map((one) => one.replace(/PASSWORD '[^']*'/u, "PASSWORD '...'"));
    assert.deepEqual(shown.slice(0, 4), [
      `CREATE ROLE "postgres" WITH SUPERUSER LOGIN PASSWORD '...'`,
      'init.sh',
      `CREATE ROLE "replicator" WITH REPLICATION LOGIN PASSWORD '...'`,
      `CREATE ROLE "rewinder" WITH LOGIN PASSWORD '...'`,
    ]);
    assert.equal(shown.filter((one) => one.startsWith('GRANT EXECUTE')).length, 4);
    assert.ok(!/\b(?:super|repl|rew)'/u.test(order.join('\n')), 'no password is in a statement');
    assert.deepEqual(bench.calls[0]?.args, [
      'a b',
      'dbname=postgres user=postgres host=/tmp port=5432',
    ]);
    assert.equal(
      bench.calls[0]?.environment['PGOPTIONS'],
      '-c synchronous_commit=local -c statement_timeout=0',
    );
  });

  it('fails with the script, telling command, code and last lines, and makes no further role', async () => {
    await using bench = await makeBench(script, [endedWith(3)]);
    assert.equal(await bench.bootstrap.postBootstrap(never()), false);
    assert.match(
      bench.log.text(),
      /error post_init script init\.sh 'a b' returned non-zero code 3; its last lines:\nthe reason it gave/u,
    );
    assert.ok(!bench.postgres.statements.some((one) => one.includes('replicator')));
  });

  it('tells of a script that can not be started or read', async () => {
    await using bench = await makeBench(script, [
      { kind: 'not-started', why: 'cannot start init.sh: ENOENT' },
    ]);
    assert.equal(await bench.bootstrap.callPostBootstrap('init.sh', never()), false);
    assert.match(bench.log.text(), /post_init script init\.sh failed: .*ENOENT/u);
    assert.equal(await bench.bootstrap.callPostBootstrap("init.sh 'a", never()), false);
    assert.match(bench.log.text(), /the quote ' is never closed/u);
    assert.equal(await bench.bootstrap.callPostBootstrap(null, never()), true);
  });

  it('makes no role for pg_rewind where the superuser is it', async () => {
    const superuser = { username: 'postgres', password: 'super', connection: {} };
    await using bench = await makeBench({ postgresql: { superuser, rewind: superuser } }, []);
    assert.equal(await bench.bootstrap.postBootstrap(never()), true);
    assert.ok(!bench.postgres.statements.some((one) => one.startsWith('GRANT')));
  });

  for (const isPending of [true, false]) {
    it(`closes what a custom bootstrap needed open by ${isPending ? 'a restart' : 'a reload'}`, async () => {
      await using bench = await makeBench(custom, [endedWith(0)]);
      await bench.bootstrap.bootstrap(never());
      bench.postgres.calls.length = 0;
      bench.postgres.isPending = isPending;
      assert.equal(await bench.bootstrap.postBootstrap(never()), true);
      assert.deepEqual(bench.postgres.calls, [
        'restoreHba',
        'removeRecoveryConf',
        'writeServerConfiguration',
        isPending ? 'restart' : 'reload',
        'closeSessions',
      ]);
      assert.deepEqual(bench.clock.delays, isPending ? [] : [1000]);
      assert.equal(bench.bootstrap.runningCustomBootstrap, false);
    });
  }

  it('fails where trust could not be closed', async () => {
    await using bench = await makeBench(custom, [endedWith(0)]);
    await bench.bootstrap.bootstrap(never());
    bench.postgres.isPending = true;
    bench.postgres.outcome = { kind: 'failed', why: 'bad line in pg_hba.conf' };
    assert.equal(await bench.bootstrap.postBootstrap(never()), false);
    assert.match(bench.log.text(), /post_bootstrap failed: .*bad line in pg_hba\.conf/u);
  });

  it('leaves a pg_hba.conf that is configured to the configuration', async () => {
    await using bench = await makeBench(
      { ...custom, postgresql: { pgHba: ['local all all trust'] } },
      [endedWith(0)],
    );
    await bench.bootstrap.bootstrap(never());
    await bench.bootstrap.postBootstrap(never());
    assert.ok(!bench.postgres.calls.includes('restoreHba'));
  });
});

describe('Bootstrap.processUserOptions', () => {
  it('is there for whoever knows it by this name', () => {
    const formatted = Bootstrap.processUserOptions(
      'foo',
      ['yes', { foo: 'bar' }],
      [],
      () => undefined,
    );
    assert.deepEqual(formatted, ['--yes', '--foo=bar']);
  });
});
