import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { Channel } from '#juju-local/state/channel.ts';
import { eventsBetween } from '#juju-local/state/model-events.ts';
import { ModelLog } from '#juju-local/state/model-log.ts';
import type { LogLine, LogQuery } from '#juju-local/state/model-log.ts';
import { Store } from '#juju-local/state/store.ts';
import { createModel } from '#core/juju/create-model.ts';
import type { Model, Unit } from '#core/juju/model.ts';

const folder = mkdtempSync(join(tmpdir(), 'jd-'));
after(() => rmSync(folder, { recursive: true }));

const all: LogQuery = { afterId: 0, level: 'TRACE', include: [], exclude: [], last: null };

function filled(): { readonly log: ModelLog; readonly database: DatabaseSync } {
  const store = new Store(join(folder, `${Math.random()}.db`));
  after(() => store.close());
  const log = new ModelLog(store.database);
  const line = (level: LogLine['level'], entity: string, message: string): void =>
    log.add({ at: 1, level, logger: 'l', entity, message });
  line('DEBUG', 'unit-a-0', 'one');
  line('INFO', 'unit-a-1', 'two');
  line('WARNING', 'unit-b-0', 'three');
  line('ERROR', 'controller-0', 'four');
  return { log, database: store.database };
}

test('lines are chosen by level, by who speaks, by number, and by how many', () => {
  const { log } = filled();
  const read = (query: Partial<LogQuery>): string[] =>
    log.read({ ...all, ...query }).map((line) => line.message);
  assert.deepEqual(read({}), ['one', 'two', 'three', 'four']);
  assert.deepEqual(read({ level: 'WARNING' }), ['three', 'four']);
  assert.deepEqual(read({ include: ['a/1', 'controller-0'] }), ['two', 'four']);
  assert.deepEqual(read({ include: ['unit-a-*'] }), ['one', 'two']);
  assert.deepEqual(read({ exclude: ['a/*'] }), ['three', 'four']);
  assert.deepEqual(read({ last: 2, level: 'INFO' }), ['three', 'four']);
  assert.deepEqual(read({ afterId: 3 }), ['four']);
  assert.equal(log.newestId, 4);
});

test('a follower hears of each line until it leaves', () => {
  const { log } = filled();
  const heard: string[] = [];
  const leave = log.follow((line) => heard.push(`${line.id} ${line.message}`));
  log.add({ at: 1, level: 'INFO', logger: 'l', entity: 'e', message: 'five' });
  leave();
  log.add({ at: 1, level: 'INFO', logger: 'l', entity: 'e', message: 'six' });
  assert.deepEqual(heard, ['5 five']);
});

test('the log is bounded: beyond its limit the oldest lines go', () => {
  const { log, database } = filled();
  database.exec('BEGIN');
  for (let count = 0; count < 10_000; count += 1) {
    log.add({ at: 1, level: 'INFO', logger: 'l', entity: 'e', message: 'x' });
  }
  database.exec('UPDATE log SET id = id + 200000');
  for (let count = 0; count < 10_000; count += 1) {
    log.add({ at: 1, level: 'INFO', logger: 'l', entity: 'e', message: 'y' });
  }
  database.exec('COMMIT');
  assert.equal(log.read({ ...all, last: 1 })[0]?.message, 'y');
  const { n } = database.prepare('SELECT count(*) AS n FROM log').get() ?? {};
  assert.ok(Number(n) <= 100_000 + 10_000);
});

test('a channel gives what was pushed before and after, and ends when closed', async () => {
  const channel = new Channel<number>();
  channel.push(1);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const item of channel) seen.push(item);
  })();
  await new Promise(setImmediate);
  channel.push(2);
  channel.push(3);
  channel.close();
  channel.push(4);
  await reading;
  assert.deepEqual(seen, [1, 2, 3]);
});

test('a reader that falls too far behind is cut off instead of filling memory', async () => {
  const channel = new Channel<number>();
  for (let count = 0; count < 100_010; count += 1) channel.push(count);
  let seen = 0;
  for await (const item of channel) seen = item;
  assert.equal(seen, 100_000);
});

test('events name units that come, change and go, and nothing else', () => {
  const empty = createModel({ uuid: 'u', name: 'm', jujuVersion: '3.6.9', now: 1 });
  const status = (message: string) => ({ status: 'active', message, data: {}, since: 1 });
  const unit = (workload: string, agent: string): Unit =>
    ({ workloadStatus: status(workload), agentStatus: status(agent) }) as unknown as Unit;
  const model = (units: Record<string, Unit>): Model => ({ ...empty, units });
  const kinds = (before: Model, after: Model): string[] =>
    eventsBetween(before, after, 5).map((event) =>
      'unit' in event ? `${event.kind} ${event.unit}` : event.kind,
    );
  const one = model({ 'a/10': unit('w', 'a') });
  assert.deepEqual(kinds(one, one), []);
  assert.deepEqual(kinds(one, { ...one, name: 'other' }), ['changed']);
  assert.deepEqual(kinds(empty, one), [
    'changed',
    'unit-added a/10',
    'workload a/10',
    'agent a/10',
  ]);
  const two = model({ ...one.units, 'a/9': unit('x', 'y') });
  assert.deepEqual(kinds(two, model({ 'a/10': unit('w', 'b'), 'a/9': unit('x', 'y') })), [
    'changed',
    'agent a/10',
  ]);
  assert.deepEqual(kinds(two, empty), ['changed', 'unit-removed a/9', 'unit-removed a/10']);
});
