// The model of PostgreSQL: synchronous commits, crashes, promotion, stops.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#core/random.ts';
import { Engine } from './engine/engine.ts';
import { Network } from './net/network.ts';
import { DataDirectory } from './postgres/data-directory.ts';
import { PostgresServer } from './postgres/server.ts';
import type { ServerWorld, WriteAnswer } from './postgres/server-world.ts';

interface Pair {
  readonly engine: Engine;
  readonly network: Network;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  readonly breaches: string[];
  readonly answers: WriteAnswer['kind'][];
  readonly write: () => void;
}

/** A primary and a standby of it, both started. */
async function pair(standbyNames = ''): Promise<Pair> {
  const engine = new Engine();
  const network = new Network(engine, createRandom(1));
  network.weather = { delayMs: 1, spikes: 0, loss: 0 };
  const breaches: string[] = [];
  const servers = new Map<string, PostgresServer>();
  let id = 0;
  const world: ServerWorld = {
    engine,
    network,
    random: createRandom(2),
    nextId: () => {
      id += 1;
      return id;
    },
    xidBase: 0,
    serverOn: (name) => servers.get(name) ?? null,
    events: {
      onAccepting: () => undefined,
      onPromoted: () => undefined,
      onBreach: (_server, what) => void breaches.push(what),
      onNote: () => undefined,
      onStopping: () => undefined,
      onSlotAsked: () => undefined,
    },
  };
  const [primary, standby] = ['p', 's'].map((name) => new PostgresServer(name, world));
  assert.ok(primary !== undefined && standby !== undefined);
  servers.set('p', primary).set('s', standby);
  primary.directory = new DataDirectory('7');
  primary.directory.standbyNames = standbyNames;
  standby.directory = new DataDirectory('');
  standby.directory.copyFrom(primary.directory);
  standby.directory.hasStandbySignal = true;
  standby.directory.upstream = { name: 'p', connection: { host: 'p' }, slotName: null };
  assert.equal(primary.launch(), null);
  await engine.run(1000);
  assert.equal(standby.launch(), null);
  await engine.run(20_000);
  const answers: WriteAnswer['kind'][] = [];
  const write = (): void => primary.write(500, ({ kind }) => answers.push(kind));
  return { engine, network, primary, standby, breaches, answers, write };
}

test('a standby streams what the primary writes', async () => {
  const { engine, primary, standby, answers, write } = await pair();
  assert.deepEqual([primary.phase, standby.phase], ['primary', 'standby']);
  for (let count = 0; count < 10; count += 1) write();
  await engine.run(engine.nowMs + 500);
  assert.equal(answers.filter((kind) => kind === 'acknowledged').length, 10);
  assert.equal(standby.data.wal.flushedEnd, primary.data.wal.flushedEnd);
});

test('a synchronous commit waits for its standby, and is acknowledged by nobody else', async () => {
  const { engine, network, primary, standby, answers, write } = await pair('s');
  const mend = network.cut('p', 's');
  write();
  await engine.run(engine.nowMs + 3000);
  assert.deepEqual(answers, []);
  assert.ok(primary.data.wal.flushedEnd > standby.data.wal.flushedEnd);
  mend();
  await engine.run(engine.nowMs + 30_000);
  assert.deepEqual(answers, ['acknowledged']);
});

test('names that are taken away let everybody go who waits', async () => {
  const { engine, network, primary, answers, write } = await pair('s');
  network.cut('s', 'p');
  write();
  await engine.run(engine.nowMs + 1000);
  primary.data.standbyNames = '';
  primary.reload();
  await engine.run(engine.nowMs + 200);
  assert.deepEqual(answers, ['acknowledged']);
});

test('a fast stop breaks off commits that wait, and waits for its standbys', async () => {
  const { engine, network, primary, standby, answers, write } = await pair('s');
  const mend = network.cut('s', 'p');
  write();
  await engine.run(engine.nowMs + 100);
  let checkpoint = 0;
  primary.stop('fast', (start) => {
    checkpoint = start;
  });
  await engine.run(engine.nowMs + 1000);
  assert.deepEqual(answers, ['unknown']);
  assert.ok(checkpoint > 0 && primary.phase === 'stopping');
  mend();
  await engine.run(engine.nowMs + 20_000);
  assert.equal(primary.phase, 'down');
  assert.equal(primary.data.control.state, 'shut down');
  assert.ok(standby.data.wal.flushedEnd >= checkpoint);
});

test('a promotion begins a timeline, and the former primary can not follow what it wrote beyond', async () => {
  const { engine, network, primary, standby, write } = await pair();
  const mend = network.cut('p', 's');
  write();
  await engine.run(engine.nowMs + 100);
  standby.promote();
  await engine.run(engine.nowMs + 1000);
  mend();
  assert.equal(standby.phase, 'primary');
  assert.equal(standby.data.wal.timeline, 2);
  primary.kill();
  primary.data.hasStandbySignal = true;
  primary.data.upstream = { name: 's', connection: { host: 's' }, slotName: null };
  primary.launch();
  await engine.run(engine.nowMs + 20_000);
  assert.match(primary.receiver?.lastProblem ?? '', /history left timeline 1/u);
});

test('half rewound data is no cluster to be started: the model says so', async () => {
  const { primary, breaches } = await pair();
  primary.kill();
  primary.data.condition = 'half-rewound';
  primary.launch();
  assert.match(breaches.join(), /pg_rewind left half way/u);
});

test('a full disk and a failing start are told', async () => {
  const { primary } = await pair();
  primary.kill();
  primary.isDiskFull = true;
  assert.match(primary.launch() ?? '', /no space/u);
  primary.isDiskFull = false;
  primary.failingStarts = 1;
  assert.match(primary.launch() ?? '', /could not bind/u);
  assert.equal(primary.launch(), null);
});

test('a server that is stopped while it recovers never comes to accept writes', async () => {
  const { engine, primary } = await pair();
  primary.kill();
  await engine.run(engine.nowMs + 1);
  assert.equal(primary.launch(), null);
  await engine.run(engine.nowMs + 20);
  assert.equal(primary.phase, 'starting');

  primary.isStalled = true;
  primary.stop('fast');
  await engine.run(engine.nowMs + 5000);

  assert.equal(primary.process, null);
  assert.equal(primary.data.control.state, 'in production', 'its end was none in order');
});
