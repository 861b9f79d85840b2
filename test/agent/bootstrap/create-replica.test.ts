import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CommandEnd } from '#adapters/process/run-command-group.ts';
import type { CloneSource } from '#agent/bootstrap-port.ts';
import type { Bench, ConfigParts, Ending } from './bootstrap-parts.ts';
import { endedWith, makeBench, member, never } from './bootstrap-parts.ts';

const leader: CloneSource = {
  kind: 'member',
  member: member('m2', 'postgres://10.0.0.2:5433/postgres'),
  isLeader: true,
};
const nobody: CloneSource = { kind: 'none' };
const connstring = 'dbname=postgres user=replicator host=10.0.0.2 port=5433';

/** Puts a whole cluster's mark into the data directory, or something that is none. */
async function fill(bench: Bench, what: 'cluster' | 'rest'): Promise<void> {
  await mkdir(join(bench.dataDirectory, 'global'), { recursive: true });
  await writeFile(join(bench.dataDirectory, 'PG_VERSION'), '15\n');
  if (what === 'cluster') await writeFile(join(bench.dataDirectory, 'global', 'pg_control'), 'x');
}

async function isEmpty(bench: Bench): Promise<boolean> {
  return (await readdir(bench.dataDirectory)).length === 0;
}

function withMethods(...names: string[]): ConfigParts {
  return { postgresql: { createReplicaMethods: names } };
}

/** Half a copy, and then the end. */
function leavingSomething(bench: () => Bench, end: CommandEnd): Ending {
  return async () => {
    await fill(bench(), 'rest');
    return end;
  };
}

describe('createReplica', () => {
  const matrix: readonly (readonly [string, ConfigParts, Ending[], number | null, string[]])[] = [
    [
      'takes the first method that works',
      withMethods('pgBackRest', 'basebackup'),
      [endedWith(0)],
      0,
      ['pgBackRest'],
    ],
    [
      'goes on to the next',
      withMethods('wale', 'basebackup'),
      [endedWith(1), endedWith(0)],
      0,
      ['wale', 'pg_basebackup'],
    ],
    [
      'goes on when one can not be started',
      withMethods('wale', 'basebackup'),
      [{ kind: 'not-started', why: 'ENOENT' }, endedWith(0)],
      0,
      ['wale', 'pg_basebackup'],
    ],
    [
      'tells the last code',
      withMethods('wale', 'other'),
      [endedWith(1), endedWith(3)],
      3,
      ['wale', 'other'],
    ],
    [
      'tries basebackup twice',
      {},
      [endedWith(1), endedWith(1)],
      1,
      ['pg_basebackup', 'pg_basebackup'],
    ],
    [
      'is content with the second attempt',
      {},
      [endedWith(1), endedWith(0)],
      0,
      ['pg_basebackup', 'pg_basebackup'],
    ],
    [
      'has no code of a program that was killed',
      {},
      [endedWith(1), { kind: 'killed', signal: 'SIGKILL', lastLines: [] }],
      null,
      ['pg_basebackup', 'pg_basebackup'],
    ],
  ];
  for (const [name, parts, endings, expected, programs] of matrix) {
    it(name, async () => {
      await using bench = await makeBench(parts, endings);
      assert.equal(await bench.bootstrap.createReplica(leader, false, never()), expected);
      assert.deepEqual(
        bench.calls.map((call) => call.file),
        programs,
      );
      assert.equal(bench.postgres.calls[0], 'state: creating replica');
      assert.equal(bench.postgres.calls.at(-1), 'state: stopped');
    });
  }

  it('gives programs no password among their arguments, and a file only their user reads', async () => {
    let seen = { text: '', mode: 0, uid: -1, path: '' };
    await using bench = await makeBench({}, [
      async (call) => {
        const path = call.environment['PGPASSFILE'] ?? '';
        const { mode, uid } = await stat(path);
        seen = { text: await readFile(path, 'utf8'), mode: mode & 0o777, uid, path };
        return endedWith(0);
      },
    ]);
    assert.equal(await bench.bootstrap.createReplica(leader, false, never()), 0);
    assert.deepEqual(bench.calls[0]?.args, [
      `--pgdata=${bench.dataDirectory}`,
      '-X',
      'stream',
      `--dbname=${connstring}`,
      '--checkpoint=fast',
      '--progress',
    ]);
    assert.deepEqual(
      { ...seen, path: '' },
      {
        text: '10.0.0.2:5433:*:replicator:repl\n',
        mode: 0o600,
        uid: bench.identity.uid,
        path: '',
      },
    );
    await assert.rejects(stat(seen.path), 'the file is gone afterwards');
    assert.doesNotMatch(bench.log.text(), /repl\b(?!icat)/u);
  });

  it('waits 5 seconds between two base backups, each of which begins with an empty directory', async () => {
    const found: boolean[] = [];
    await using bench: Bench = await makeBench({}, [
      async () => {
        found.push(await isEmpty(bench));
        await fill(bench, 'rest');
        return endedWith(1);
      },
      async () => {
        found.push(await isEmpty(bench));
        await fill(bench, 'rest');
        return endedWith(2);
      },
    ]);
    await fill(bench, 'rest');
    assert.equal(await bench.bootstrap.createReplica(leader, false, never()), 2);
    assert.deepEqual(found, [true, true]);
    assert.ok(await isEmpty(bench), 'nothing is left after the last failure');
    assert.deepEqual(bench.clock.delays, [5000]);
    assert.match(
      bench.log.text(),
      /Error when fetching backup: pg_basebackup exited with code=1; its last lines:\nthe reason it gave/u,
    );
    assert.match(bench.log.text(), /warning Trying again in 5 seconds/u);
  });

  it('starts nothing once it is cancelled, and does not try again', async () => {
    await using first = await makeBench({}, []);
    assert.equal(await first.bootstrap.createReplica(leader, false, AbortSignal.abort()), 1);
    assert.equal(first.calls.length, 0);

    const controller = new AbortController();
    await using second = await makeBench({}, [
      () => {
        controller.abort();
        return { kind: 'cancelled' };
      },
    ]);
    assert.equal(await second.bootstrap.createReplica(leader, false, controller.signal), null);
    assert.equal(second.calls.length, 1);
    assert.deepEqual(second.clock.delays, []);
  });

  for (const noParams of [false, true]) {
    it(`keeps data before and after a failure with keep_data, no_params ${noParams}`, async () => {
      const section = { command: 'pgbackrest --delta', keep_data: true, no_params: noParams };
      const parts = { postgresql: { createReplicaMethods: ['pgb'], methods: { pgb: section } } };
      await using bench = await makeBench(parts, [endedWith(1)]);
      await fill(bench, 'cluster');
      assert.equal(await bench.bootstrap.createReplica(leader, false, never()), 1);
      assert.equal(await readFile(join(bench.dataDirectory, 'global', 'pg_control'), 'utf8'), 'x');
      assert.match(bench.log.text(), /info Leaving data directory uncleaned/u);
    });
  }

  it('removes what a custom method without keep_data leaves when it fails', async () => {
    await using bench: Bench = await makeBench(withMethods('wale'), [
      leavingSomething(() => bench, endedWith(1)),
    ]);
    assert.equal(await bench.bootstrap.createReplica(leader, false, never()), 1);
    assert.ok(await isEmpty(bench));
    assert.match(
      bench.log.text(),
      /Error creating replica using method wale: wale exited with code=1/u,
    );
  });

  it('runs without a source what needs none, with an empty connection string', async () => {
    const methods = { backup: { no_leader: true }, wale: {} };
    const parts = {
      postgresql: { createReplicaMethods: ['wale', 'basebackup', 'backup'], methods },
    };
    await using bench = await makeBench(parts, [endedWith(0)]);
    assert.equal(await bench.bootstrap.createReplica(nobody, false, never()), 0);
    assert.deepEqual(
      bench.calls.map((call) => call.file),
      ['backup'],
    );
    assert.equal(bench.calls[0]?.args.at(-1), '--connstring=');
    assert.equal(bench.calls[0]?.environment['PGPASSFILE'], undefined);
    assert.equal(bench.bootstrap.hasMethodWithoutLeader, true);
  });

  it('moves a cluster aside, and does not remove it, where there is nobody to copy from', async () => {
    const methods = { backup: { no_leader: true } };
    const parts = { postgresql: { createReplicaMethods: ['backup'], methods } };
    await using bench = await makeBench(parts, [endedWith(0)]);
    await fill(bench, 'cluster');
    await bench.bootstrap.createReplica(nobody, false, never());
    const kept = join(`${bench.dataDirectory}.replaced`, 'global', 'pg_control');
    assert.equal(await readFile(kept, 'utf8'), 'x');
  });

  it('says so where no method can work', async () => {
    await using bench = await makeBench({}, []);
    assert.equal(await bench.bootstrap.createReplica(nobody, false, never()), 1);
    assert.match(bench.log.text(), /error Cannot create a replica: nobody is known to copy from/u);
  });

  it('copies from the leader by basebackup alone where it has to', async () => {
    await using bench = await makeBench(withMethods('wale'), [endedWith(0)]);
    assert.equal(await bench.bootstrap.createReplica(leader, true, never()), 0);
    assert.deepEqual(
      bench.calls.map((call) => call.file),
      ['pg_basebackup'],
    );
  });

  it('reports how far the copy is, and that it is over', async () => {
    await using bench = await makeBench({}, [
      (call) => {
        call.onLine?.('waiting for checkpoint');
        call.onLine?.('512/1024 kB (50%), 0/1 tablespace');
        call.onLine?.('pg_basebackup: a warning');
        return endedWith(0);
      },
    ]);
    await bench.bootstrap.createReplica(leader, false, never());
    const phases = bench.reports.map((report) => report?.phase ?? 'over');
    assert.deepEqual(phases, [
      'starting',
      'waiting for a checkpoint of the source',
      'copying',
      'over',
    ]);
    assert.equal(bench.reports[2]?.bytesDone, 524_288);
    assert.equal(bench.reports[2]?.bytesTotal, 1_048_576);
    assert.match(bench.log.text(), /info pg_basebackup: pg_basebackup: a warning/u);
    assert.doesNotMatch(bench.log.text(), /kB/u);
  });
});

describe('clone', () => {
  it('makes the copy ours, and not before it is whole', async () => {
    await using bench = await makeBench({}, [endedWith(0)]);
    assert.equal(await bench.bootstrap.clone(leader, false, never()), true);
    assert.deepEqual(bench.postgres.calls.slice(-3), [
      'restoreConfigurationFiles',
      'readServerParameters',
      'removePromoteTrigger',
    ]);

    await using failing = await makeBench({}, [endedWith(1), endedWith(1)]);
    assert.equal(await failing.bootstrap.clone(leader, false, never()), false);
    assert.ok(!failing.postgres.calls.includes('restoreConfigurationFiles'));
  });

  it('copies the primary that a standby cluster follows', async () => {
    const standbyCluster = {
      host: '10.1.0.1,10.1.0.2',
      port: '5432',
      primarySlotName: 's',
      createReplicaMethods: ['backup_restore', 'basebackup'],
      restoreCommand: null,
      archiveCleanupCommand: null,
      recoveryMinApplyDelay: null,
    };
    await using bench = await makeBench({ standbyCluster }, [endedWith(1), endedWith(0)]);
    assert.equal(
      await bench.bootstrap.clone({ kind: 'remote', from: standbyCluster }, false, never()),
      true,
    );
    const expected = 'dbname=postgres user=replicator host=10.1.0.1,10.1.0.2 port=5432';
    assert.equal(bench.calls[0]?.args.at(-1), `--connstring=${expected}`);
    assert.equal(bench.calls[1]?.args[3], `--dbname=${expected}`);
  });

  it('is a failure and no exception where a directory can not be written', async () => {
    await using bench = await makeBench({}, [new Error('no space left on device')]);
    assert.equal(await bench.bootstrap.clone(leader, false, never()), false);
    assert.match(bench.log.text(), /error clone failed: no space left on device/u);
  });
});

describe('clearUnfinished', () => {
  it('clears away a copy that was cut off with its agent', async () => {
    await using bench: Bench = await makeBench({}, [
      async () => {
        await fill(bench, 'rest');
        throw new Error('as if the agent had died here');
      },
    ]);
    assert.equal(await bench.bootstrap.clone(leader, false, never()), false);
    assert.equal(await bench.again({}).clearUnfinished(), true);
    await assert.rejects(stat(bench.dataDirectory));
    assert.equal(await bench.again({}).clearUnfinished(), false);
  });

  it('moves a whole cluster aside, and touches nothing no attempt began', async () => {
    await using bench: Bench = await makeBench({}, [
      async () => {
        await fill(bench, 'cluster');
        throw new Error('as if the agent had died here');
      },
    ]);
    await fill(bench, 'rest');
    assert.equal(await bench.bootstrap.clearUnfinished(), false);
    assert.equal(await bench.bootstrap.clone(leader, false, never()), false);
    assert.equal(await bench.again({}).clearUnfinished(), true);
    assert.ok((await stat(`${bench.dataDirectory}.failed`)).isDirectory());
  });
});

describe('the data directory', () => {
  it('is made for the server and its user alone', async () => {
    await using bench = await makeBench({}, [endedWith(0)]);
    await bench.bootstrap.createReplica(leader, false, never());
    const { mode, uid } = await stat(bench.dataDirectory);
    assert.equal(mode & 0o777, 0o700);
    assert.equal(uid, bench.identity.uid);
    await chmod(bench.dataDirectory, 0o700);
  });
});
