// The command line of `salt-job-cache`: help, exit codes, where the job cache is, and what is said if not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { createProgram, everyCommand, explain } from '#salt-job-cache/cli/main.ts';
import type { Cli } from '#salt-job-cache/cli/cli.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { freeAddress, temporaryDirectory, withPostgres } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { password, withJobCache } from '../program/with-job-cache.ts';
import { runProgram, startProgram } from './run-program.ts';

let server: TestServer;
before(async () => {
  server = await withPostgres();
});
after(async () => server[Symbol.asyncDispose]());

function idleCli(): Cli {
  const stream = new PassThrough();
  return {
    stdin: stream,
    stdout: stream,
    stderr: new PassThrough(),
    isTerminal: false,
    environment: {},
    clock: { nowMicros: () => 0n },
    interrupted: new AbortController().signal,
    openDatabase: async () => Promise.reject(new Error('not here')),
    masterId: async () => Promise.resolve('m'),
    keepJobsSeconds: async () => Promise.resolve(0),
  };
}

test('every verb says what it is for and what each of its options does', () => {
  const program = createProgram(idleCli());

  assert.ok(program.commands.length >= 2);
  for (const command of everyCommand(program)) {
    const name = command.name();
    assert.ok((command.summary() || command.description()).length > 10, name);
    assert.match(command.helpInformation(), new RegExp(`Usage: .*${name}`, 'u'));
    for (const option of command.options) {
      assert.ok(option.description.length > 5, `${name} ${option.flags}`);
      assert.doesNotMatch(option.flags, /password/u);
    }
  }
});

test('a mistake of ours is not taken for a problem of the user', () => {
  const cli = idleCli();

  assert.equal(explain(new JobCacheError('a sentence', { kind: 'X' }), cli), 1);
  assert.throws(() => explain(new TypeError('a bug'), cli), TypeError);
});

test('exit codes tell no such command line from could not', async () => {
  const { host, port } = await freeAddress();

  const none = await runProgram([]);
  const help = await runProgram(['--help']);
  const unknown = await runProgram(['migrat']);
  const option = await runProgram(['migrate', '--what']);
  const away = await runProgram(['migrate', '--connection', `host=${host} port=${port} user=u`]);
  const secret = await runProgram(['migrate', '--connection', `host=h password=${password}`]);

  assert.equal(none.code, 0);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Exit codes: 0 done, 1 could not, 2 no such command line/u);
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stderr,
    /^salt-job-cache: unknown command 'migrat'\n\(Did you mean migrate\?\)/u,
  );
  assert.equal(option.code, 2);
  assert.equal(away.code, 1);
  assert.match(
    away.stderr,
    new RegExp(`^salt-job-cache: Cannot reach .* ${host}:${port}: nothing listens there.*\n$`, 'u'),
  );
  assert.equal(secret.code, 1);
  assert.match(secret.stderr, /Cannot take a password from the command line/u);
  assert.ok(!secret.stderr.includes(password));
});

test('says every place it looked at when nothing names a job cache', async () => {
  await using directory = await temporaryDirectory();

  const { code, stderr } = await runProgram(['migrate'], { SALT_CONFIG_DIR: directory.path });

  assert.equal(code, 1);
  assert.match(stderr, /no --connection, no --config, none of PGHOST, .* in the environment/u);
  assert.ok(stderr.includes(`${directory.path}/master (not there)`));
  assert.ok(stderr.includes(`${directory.path}/master.d/*.conf (no files)`));
});

async function tablesOf(cache: JobCache): Promise<number> {
  const rows = await cache.sql(
    "SELECT 1 FROM pg_tables WHERE tablename IN ('jids', 'salt_returns', 'salt_events')",
  );
  return rows.length;
}

test("finds the job cache in a Salt master's configuration: file, directory, or where Salt looks", async () => {
  for (const args of [['--config', 'master'], ['--config', 'master.d'], ['--config', '.'], []]) {
    await using cache = await withJobCache(server);
    await using directory = await temporaryDirectory();
    const parts = join(directory.path, 'master.d');
    await mkdir(parts);
    await writeFile(
      join(directory.path, 'master'),
      'id: boss\nmaster_job_cache.postgres.port: 1\n',
    );
    await writeFile(
      join(parts, 'job_cache.conf'),
      `master_job_cache.postgres.host: '${server.host}'\nmaster_job_cache.postgres.port: ${server.port}\n` +
        `master_job_cache.postgres.user: ${cache.user}\nmaster_job_cache.postgres.db: ${cache.user}\n` +
        `master_job_cache.postgres.passwd: ${password}\n`,
    );
    const where = args.map((arg) => (arg.startsWith('--') ? arg : join(directory.path, arg)));

    const { code, stdout, stderr } = await runProgram(['migrate', ...where], {
      SALT_CONFIG_DIR: directory.path,
    });

    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'Done\n');
    assert.ok(stderr.length > 0);
    assert.equal(await tablesOf(cache), 3);
  }
});

test("finds it in the service's JSON file, and migrating twice does nothing twice", async () => {
  await using cache = await withJobCache(server);
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'service.json');
  const config = {
    connection: cache.conninfo(),
    masterId: 'host_master',
    statusFile: '/tmp/status',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });

  const first = await runProgram(['migrate', '--config', file]);
  const second = await runProgram(['--config', file, 'migrate']);
  await writeFile(file, JSON.stringify({ ...config, statusFile: 7 }));
  const wrong = await runProgram(['migrate', '--config', file]);

  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout, 'Done\n');
  assert.deepEqual(second, {
    code: 0,
    stdout: 'Nothing to do: all is as it should be\n',
    stderr: '',
  });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /statusFile has to be/u);
  assert.ok(!wrong.stderr.includes(password));
});

test('takes the password from a password file, unless others may read it', async () => {
  await using cache = await withJobCache(server);
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'passwords');
  await writeFile(file, `${server.host}:*:*:${cache.user}:${password}\n`, { mode: 0o600 });
  const connection = cache.conninfo().replace(/ ?password=\S+/u, '');
  const run = async () => runProgram(['migrate', '--connection', connection], { PGPASSFILE: file });

  const private_ = await run();
  await chmod(file, 0o644);
  const open = await run();

  assert.equal(private_.code, 0, private_.stderr);
  assert.equal(open.code, 1);
  assert.match(open.stderr, /is not used, as others may read it; give it the mode 0600/u);
  assert.match(open.stderr, /asks for a password, and none was given/u);
});

test('ends without a word when nobody reads its output any more', async () => {
  await using cache = await withJobCache(server);
  const child = startProgram(
    ['call', '--connection', cache.conninfo().replace(/ ?password=\S+/u, '')],
    { PGPASSWORD: password },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const closed = once(child, 'close');
  // More than one line, as the first may still find room.
  for (let line = 0; line < 1000; line += 1) child.stdin.write('{"fn": "no"}\n');

  assert.deepEqual(await closed, [0, null]);
  assert.equal(stderr, '');
});
