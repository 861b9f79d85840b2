// What --validate-config says about the machine: programs, ports, the data directory.

import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { checkMachine } from '#agent/config/check-machine.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { temporaryDirectory } from '../config/temporary-directory.ts';

const names = ['initdb', 'pg_controldata', 'pg_basebackup', 'postgres', 'pg_rewind'];

/** A directory of programs that say they are PostgreSQL 15, without those left out. */
async function programs(t: TestContext, leftOut: readonly string[] = []): Promise<string> {
  const path = await temporaryDirectory(t);
  for (const name of names.filter((each) => !leftOut.includes(each))) {
    await writeFile(join(path, name), '#!/bin/sh\necho "postgres (PostgreSQL) 15.18"\n');
    await chmod(join(path, name), 0o755);
  }
  return path;
}

async function dataDirectory(t: TestContext, version: string, hasWal = true): Promise<string> {
  const path = await temporaryDirectory(t);
  await mkdir(join(path, 'global'));
  await writeFile(join(path, 'global', 'pg_control'), '');
  await writeFile(join(path, 'PG_VERSION'), version === '' ? '' : `${version}\n`);
  if (hasWal) await mkdir(join(path, 'pg_wal'));
  return path;
}

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function faults(postgresql: JsonObject, more: JsonObject = {}, isIgnoringPort = true) {
  const found = await checkMachine(
    { file: { postgresql, ...more }, environment: {} },
    isIgnoringPort,
  );
  return found.map(({ path, message }) => `${path}: ${message}`);
}

test('a machine that has everything has no fault', async (t) => {
  const bin = await programs(t);
  assert.deepEqual(await faults({ bin_dir: bin, data_dir: await dataDirectory(t, '15') }), []);
  assert.deepEqual(await faults({ bin_dir: bin, data_dir: join(bin, 'absent') }), []);
  assert.deepEqual(await faults({ bin_dir: bin, data_dir: await temporaryDirectory(t) }), []);
});

test('each program that is missing is named', async (t) => {
  const bin = await programs(t, ['pg_rewind', 'initdb']);
  await writeFile(join(bin, 'initdb'), 'not to be run');
  assert.deepEqual(await faults({ bin_dir: bin }), [
    `postgresql.bin_dir: does not contain 'initdb' in '${bin}'`,
    `postgresql.bin_dir: does not contain 'pg_rewind' in '${bin}'`,
  ]);
});

test('a directory of programs that is none is said once', async (t) => {
  const bin = await programs(t);
  assert.deepEqual(await faults({ bin_dir: join(bin, 'x') }), [
    `postgresql.bin_dir: Directory '${join(bin, 'x')}' does not exist.`,
  ]);
  const file = join(bin, 'initdb');
  assert.deepEqual(await faults({ bin_dir: file }), [
    `postgresql.bin_dir: '${file}' is not a directory.`,
  ]);
});

test('a port somebody listens on is said, unless it does not matter', async (t) => {
  const bin = await programs(t);
  const port = await takenPort(t);
  const listen = `127.0.0.1:${port}`;
  const check = async (isIgnoringPort: boolean) =>
    faults({ bin_dir: bin, listen }, { restapi: { listen } }, isIgnoringPort);
  assert.deepEqual(await check(false), [
    `restapi.listen: Port ${port} is already in use.`,
    `postgresql.listen: Port ${port} is already in use.`,
  ]);
  assert.deepEqual(await check(true), []);
});

test('data of another version, or of none, is said', async (t) => {
  const bin = await programs(t);
  const of = async (path: string) => faults({ bin_dir: bin, data_dir: path });
  const [other] = await of(await dataDirectory(t, '14'));
  assert.match(other ?? '', /^postgresql.data_dir: .*version \(14\).*output \(15\)$/u);
  const [none] = await of(await dataDirectory(t, ''));
  assert.match(none ?? '', /doesn't look like a valid data directory$/u);
  const [noWal] = await of(await dataDirectory(t, '15', false));
  assert.match(noWal ?? '', /doesn't contain "pg_wal" directory$/u);
  const [file] = await of(join(bin, 'initdb'));
  assert.match(file ?? '', /is not a directory$/u);
});

test('the environment counts over the file', async (t) => {
  const bin = await programs(t);
  const found = await checkMachine(
    {
      file: { postgresql: { bin_dir: '/nonexistent' } },
      environment: { postgresql: { bin_dir: bin } },
    },
    true,
  );
  assert.deepEqual(found, []);
});
