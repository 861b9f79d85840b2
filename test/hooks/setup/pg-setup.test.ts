// The program itself, as a hook calls it: one document in, one document out, as root and as anybody.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { queryAs } from '../../adapters/pg/with-postgres.ts';
import type { SetupAnswer } from '#hooks/setup/answer.ts';
import type { ConvergeCommand } from '#hooks/setup/desired.ts';
import { relationOf, runSetup, serverPlace } from './server-place.ts';
import type { ServerPlace } from './server-place.ts';

const isRoot = process.getuid?.() === 0;

function commandFor(place: ServerPlace): ConvergeCommand {
  const { access, client } = relationOf(1);
  return {
    command: 'converge',
    server: place.server,
    clients: [client],
    adminAddresses: [],
    extraHba: [],
    access: [access],
    revoke: [],
  };
}

function answerOf(stdout: string): SetupAnswer {
  assert.match(stdout, /^[^\n]+\n$/u, 'one line of JSON and nothing else');
  return JSON.parse(stdout) as SetupAnswer;
}

async function wholeLife(place: ServerPlace, owner?: { uid: number; gid: number }): Promise<void> {
  const command = commandFor(place);
  const first = await runSetup(JSON.stringify(command), owner);
  const answer = answerOf(first.stdout);
  assert.equal(answer.problem, null, first.stderr);
  assert.equal(answer.access[0]?.ok, true);
  assert.equal(first.exitCode, 0);
  assert.match(
    first.stderr,
    /^Creating a cluster in .*\.\nStarting PostgreSQL\.\nCreating database "app1"\.\n$/u,
  );

  const { user, password, database } = relationOf(1).access;
  const { host, server } = place;
  await queryAs({ host, port: server.port, user, password, database }, 'CREATE TABLE t (x int)');
  const log = await readFile(join(server.logDirectory, 'postgresql-start.log'), 'utf8');
  for (const text of [first.stdout, first.stderr, log]) {
    assert.doesNotMatch(text, new RegExp(`${password}|SCRAM-SHA-256\\$`, 'u'));
  }

  const again = answerOf((await runSetup(JSON.stringify(command), owner)).stdout);
  assert.deepEqual([again.ok, again.did, again.access[0]?.did], [true, [], []]);
  const end = await runSetup(JSON.stringify({ command: 'stop', server }), owner);
  assert.deepEqual(answerOf(end.stdout).did, ['Stopped PostgreSQL']);
}

test('it brings a server up, serves a relation, rests, and stops, as whoever runs the tests', async () => {
  await using place = await serverPlace();
  await wholeLife(place);
});

test('an ordinary user runs a server of its own', { skip: !isRoot }, async () => {
  // `nobody` is on every machine and has no rights at all.
  const nobody = { uid: 65_534, gid: 65_534 };
  await using place = await serverPlace(nobody);
  try {
    await wholeLife(place, nobody);
  } finally {
    await runSetup(JSON.stringify({ command: 'stop', server: place.server }), nobody);
  }
});

test('an ordinary user can not run a server as somebody else', { skip: !isRoot }, async () => {
  await using place = await serverPlace();
  const server = { ...place.server, runAs: { name: 'postgres' } };
  const nobody = { uid: 65_534, gid: 65_534 };
  const { stdout } = await runSetup(JSON.stringify({ command: 'inspect', server }), nobody);
  assert.equal(answerOf(stdout).problem?.code, 'RUN_AS_IMPOSSIBLE');
});

test('what can not be read is answered without repeating any of it', async () => {
  for (const input of [
    '{"password":"hunter2"',
    '{"command":"converge","x":"hunter2"}',
    '["hunter2"]',
    '',
  ]) {
    const { stdout, stderr, exitCode } = await runSetup(input);
    assert.equal(answerOf(stdout).problem?.code, 'INPUT_INVALID');
    assert.doesNotMatch(stdout + stderr, /hunter2/u);
    assert.equal(exitCode, 0);
  }
});

test('install finds the server that is there', async () => {
  const { stdout } = await runSetup('{"command":"install","version":""}');
  const answer = JSON.parse(stdout) as { ok: boolean; binDirectory: string };
  assert.equal(answer.ok, true);
  assert.match(answer.binDirectory, /^\/usr\/lib\/postgresql\/\d+\/bin$/u);
});
