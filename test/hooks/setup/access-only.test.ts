// Access on a server somebody else runs: SQL as for any other server, and nothing of its files or of its life.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessOnly } from '#hooks/setup/access-only.ts';
import type { SetupAnswer } from '#hooks/setup/answer.ts';
import type { AccessCommand } from '#hooks/setup/desired.ts';
import { stop } from '#hooks/setup/inspect.ts';
import { SetupNotes } from '#hooks/setup/setup-context.ts';
import { queryAs } from '../../adapters/pg/with-postgres.ts';
import { relationOf, type ServerPlace, serverPlace } from './server-place.ts';

const agentUsers = {
  replication: { user: '_juju_replication', password: 'Re1' },
  rewind: { user: '_juju_rewind', password: 'Rw1' },
} as const;

let place: ServerPlace;
before(async () => {
  place = await serverPlace();
  const answer = await place.converge();
  assert.equal(answer.problem, null);
});
after(async () => {
  await place[Symbol.asyncDispose]();
});

async function access(command: Partial<AccessCommand> = {}): Promise<SetupAnswer> {
  const notes = new SetupNotes(() => undefined);
  const rest = { hba: [], access: [], revoke: [], agentUsers };
  return accessOnly({ command: 'access', server: place.server, ...rest, ...command }, notes);
}

const hbaPath = (): string => join(place.server.dataDirectory, 'pg_hba.conf');

test('the agents get their users once, and again when a password changed', async () => {
  const first = await access();
  assert.equal(first.problem, null);
  assert.deepEqual(first.did, ['Made _juju_replication and _juju_rewind for the agents']);
  assert.deepEqual((await access()).did, []);

  const changed = { ...agentUsers, rewind: { user: '_juju_rewind', password: 'Rw2' } };
  assert.deepEqual((await access({ agentUsers: changed })).did, [
    'Made _juju_rewind for the agents',
  ]);
});

test('a relation is served once the agent has written its line, and the file is left as it is', async () => {
  const { access: relation } = relationOf(1);
  const line = `host "app1" "db_1_app" "127.0.0.0/8" scram-sha-256`;
  const text = await readFile(hbaPath(), 'utf8');
  // The agent writes while this waits.
  const waiting = access({ hba: [line], access: [relation] });
  const written = text.replace('local all all reject', `${line}\nlocal all all reject`);
  await writeFile(hbaPath(), written);
  const answer = await waiting;

  assert.equal(answer.ok, true, answer.problem?.message);
  const login = { host: place.host, port: place.server.port, ...relation };
  assert.deepEqual(await queryAs(login, 'SELECT current_user AS me'), [{ me: 'db_1_app' }]);
  assert.equal(await readFile(hbaPath(), 'utf8'), written);
});

test('a line the server does not take is told with its words, and nobody is served on the strength of it', async () => {
  const before = await readFile(hbaPath(), 'utf8');
  await writeFile(hbaPath(), `host all all 300.0.0.1/32 nonsense\n${before}`);
  try {
    const answer = await access({ access: [relationOf(2).access] });

    assert.equal(answer.problem?.code, 'HBA_LINE_INVALID');
    assert.match(answer.problem.message, /300\.0\.0\.1/);
    assert.equal(answer.access[0]?.ok, false);
  } finally {
    await writeFile(hbaPath(), before);
  }
});

test('a server that does not run is not started', async () => {
  await stop(place.server);
  const answer = await access({ access: [relationOf(3).access] });

  assert.equal(answer.problem?.code, 'SERVER_NOT_RUNNING');
  assert.equal(answer.server.state, 'stopped');
  assert.equal((await access()).problem?.code, 'SERVER_NOT_RUNNING');
});
