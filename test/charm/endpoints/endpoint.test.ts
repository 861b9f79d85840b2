import assert from 'node:assert/strict';
import test from 'node:test';
import type { EndpointPort, RelationPort } from '#interfaces/ports.ts';
import { defineCharm } from '#charm/charm.ts';
import type { HookMain } from '#charm/host.ts';
import { runCharm } from '#charm/main.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import { FakeJuju } from '../fake-juju.ts';

type Probe = (port: EndpointPort, flags: readonly string[]) => void;

/** A charm with the endpoint `db` and the peer endpoint `cluster` that lets the test look around. */
function probing(probe: Probe, more: { readonly peer?: string } = {}): HookMain<undefined, object> {
  const { handler, everyHook, when } = reactive<string, undefined, { db: EndpointPort }>();
  return runCharm(
    defineCharm<string, undefined, { db: EndpointPort }>({
      name: 'app',
      services: () => undefined,
      endpoints: { db: (port) => port },
      handlers: [
        handler('probe', [everyHook()], ({ endpoints, flags }) => {
          probe(
            endpoints.db,
            flags.list().filter((flag) => flag.startsWith('endpoint.')),
          );
        }),
        handler('peer', [when('endpoint.cluster.changed.nothing')], () => {}),
      ],
      ...more,
    }),
  );
}

test('2.9: joined holds while any unit is there, changed only in the hook of the change', async (t) => {
  const juju = new FakeJuju(t);
  const seen: (readonly string[])[] = [];
  const main = probing((_port, flags) => void seen.push(flags));
  await juju.hook(main, 'install');
  juju.relate('db:1', 'client');
  await juju.relationHook(main, { relation: 'db:1', event: 'created' });
  juju.join('db:1', 'client/0', { database: 'shop' });

  await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit: 'client/0' });
  await juju.relationHook(main, { relation: 'db:1', event: 'changed', unit: 'client/0' });
  await juju.hook(main, 'update-status');

  assert.deepEqual(seen, [
    [],
    [],
    ['endpoint.db.changed', 'endpoint.db.changed.database', 'endpoint.db.joined'],
    ['endpoint.db.joined'],
    ['endpoint.db.joined'],
  ]);
});

test('T50: a key that the other end deletes is a change, as is one in the application bag', async (t) => {
  const juju = new FakeJuju(t);
  const seen: (readonly string[])[] = [];
  const main = probing(
    (_port, flags) => void seen.push(flags.filter((flag) => flag.includes('changed'))),
  );
  const { bags } = juju.relate('db:1', 'client');
  juju.join('db:1', 'client/0', { master: 'one', version: '15' });
  await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit: 'client/0' });
  bags['client/0'] = { version: '15' };
  bags['client'] = { roles: 'reader' };

  await juju.relationHook(main, { relation: 'db:1', event: 'changed', unit: 'client/0' });
  await juju.relationHook(main, { relation: 'db:1', event: 'changed' });

  assert.deepEqual(seen.slice(1), [
    ['endpoint.db.changed', 'endpoint.db.changed.master'],
    ['endpoint.db.changed', 'endpoint.db.changed.roles'],
  ]);
});

test('2.9: departed is set in its hook and goes when units are there in a later one', async (t) => {
  const juju = new FakeJuju(t);
  const seen: (readonly string[])[] = [];
  const main = probing((_port, flags) => void seen.push(flags));
  const relation = juju.relate('db:1', 'client');
  for (const unit of ['client/0', 'client/1']) {
    juju.join('db:1', unit);
    await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit });
  }
  seen.length = 0;

  relation.units = ['client/1'];
  await juju.relationHook(main, { relation: 'db:1', event: 'departed', unit: 'client/0' });
  await juju.hook(main, 'update-status');
  relation.units = [];
  await juju.relationHook(main, { relation: 'db:1', event: 'departed', unit: 'client/1' });
  await juju.hook(main, 'update-status');

  assert.deepEqual(seen, [
    ['endpoint.db.departed', 'endpoint.db.joined'],
    ['endpoint.db.joined'],
    ['endpoint.db.departed'],
    ['endpoint.db.departed'],
  ]);
});

test('what is known of a unit or relation is forgotten when it is gone', async (t) => {
  const juju = new FakeJuju(t);
  const main = probing(() => {});
  const relation = juju.relate('db:1', 'client');
  juju.join('db:1', 'client/0', { password: 'x' });
  juju.join('db:1', 'client/1', { password: 'y' });
  await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit: 'client/0' });
  await juju.relationHook(main, { relation: 'db:1', event: 'changed' });
  relation.units = ['client/1'];
  await juju.relationHook(main, { relation: 'db:1', event: 'departed', unit: 'client/0' });
  assert.equal(juju.data().has('reactive.endpoints.db.bag.1.client/0'), false);
  assert.equal(juju.data().has('reactive.endpoints.db.bag.1.client/1'), true);
  relation.units = [];

  await juju.relationHook(main, { relation: 'db:1', event: 'broken' });

  assert.deepEqual(juju.data().entries('reactive.endpoints.db.'), [
    ['reactive.endpoints.db.joined-units', 0],
  ]);
});

test('T20: in broken the bags are readable from the copy when Juju gives them no more', async (t) => {
  const juju = new FakeJuju(t);
  let read: unknown;
  const main = probing((port) => {
    if (port.event?.kind !== 'broken') return;
    const { relation } = port.event;
    read = {
      unit: relation.remoteUnitSettings('client/0'),
      application: relation.remoteApplicationSettings(),
      units: relation.remoteUnits,
      listed: port.relations.length,
      remoteUnit: port.event.remoteUnit,
      own: relation.ownUnitSettings(),
      byId: port.relation(1)?.name,
    };
  });
  const relation = juju.relate('db:1', 'client');
  juju.join('db:1', 'client/0', { database: 'shop' });
  relation.bags['client'] = { roles: 'reader' };
  await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit: 'client/0' });
  await juju.relationHook(main, { relation: 'db:1', event: 'changed' });
  relation.units = [];
  delete relation.bags['client'];
  delete relation.bags['client/0'];

  await juju.relationHook(main, { relation: 'db:1', event: 'broken' });

  assert.deepEqual(read, {
    unit: { database: 'shop' },
    application: { roles: 'reader' },
    units: [],
    listed: 0,
    remoteUnit: '',
    own: {},
    byId: 'db:1',
  });
});

test('T23 T22: nobody joins in a change of the application bag, and a changed before joined counts as joined', async (t) => {
  const juju = new FakeJuju(t);
  const units: (readonly string[])[] = [];
  const main = probing((port) => void units.push(port.relations.flatMap((one) => one.remoteUnits)));
  juju.relate('db:1', 'client');

  await juju.relationHook(main, { relation: 'db:1', event: 'changed' });
  await juju.relationHook(main, { relation: 'db:1', event: 'changed', unit: 'client/3' });

  assert.deepEqual(units, [[], ['client/3']]);
});

test('H70: a departed unit is gone in its hook, whether or not Juju still lists it', async (t) => {
  const juju = new FakeJuju(t);
  let units: readonly string[] = [];
  const main = probing((port) => void (units = port.event?.relation.remoteUnits ?? []));
  juju.relate('db:1', 'client');
  for (const unit of ['client/10', 'client/9']) juju.join('db:1', unit);

  await juju.relationHook(main, { relation: 'db:1', event: 'joined', unit: 'client/10' });
  assert.deepEqual(units, ['client/9', 'client/10']);
  await juju.relationHook(main, { relation: 'db:1', event: 'departed', unit: 'client/9' });

  assert.deepEqual(units, ['client/10']);
});

test('a relation hook reads its own relation only, however many there are', async (t) => {
  const juju = new FakeJuju(t);
  const main = probing(() => {});
  for (let id = 1; id <= 12; id += 1) {
    juju.relate(`db:${id}`, `client${id}`);
    juju.join(`db:${id}`, `client${id}/0`);
  }
  await juju.hook(main, 'install');

  await juju.relationHook(main, { relation: 'db:7', event: 'changed', unit: 'client7/0' });
  assert.deepEqual(
    juju.calls.filter((call) => call.startsWith('relation-')),
    ['relation-list -r db:7', 'relation-get -r db:7 - client7/0'],
  );
  await juju.hook(main, 'update-status');
  assert.deepEqual(
    juju.calls.filter((call) => call.startsWith('relation-')),
    [],
  );
});

test('T51: relations are in numerical order', async (t) => {
  const juju = new FakeJuju(t);
  let names: readonly string[] = [];
  const main = probing((port) => void (names = port.relations.map((one) => one.name)));
  for (const id of [10, 9, 2]) juju.relate(`db:${id}`, 'client');

  await juju.hook(main, 'install');

  assert.deepEqual(names, ['db:2', 'db:9', 'db:10']);
});

test('after an upgrade all relations are looked at, and only what is new is read', async (t) => {
  const juju = new FakeJuju(t);
  let flags: readonly string[] = [];
  const main = probing((_port, found) => void (flags = found));
  await juju.hook(main, 'install');
  juju.relate('db:1', 'client');
  juju.join('db:1', 'client/0', { database: 'shop' });

  await juju.hook(main, 'upgrade-charm');
  assert.deepEqual(flags, [
    'endpoint.db.changed',
    'endpoint.db.changed.database',
    'endpoint.db.joined',
  ]);
  await juju.hook(main, 'upgrade-charm');
  assert.deepEqual(
    juju.calls.filter((call) => call.startsWith('relation-')),
    ['relation-ids db', 'relation-list -r db:1'],
  );
  // A broken hook the operator skipped leaves a relation nobody told us of.
  delete juju.relations['db:1'];
  await juju.hook(main, 'upgrade-charm');

  assert.deepEqual(flags, []);
  assert.deepEqual(juju.data().entries('reactive.endpoints.db.'), [
    ['reactive.endpoints.db.joined-units', 0],
  ]);
});

test('3.4: our own bags are read where Juju allows it, with what this hook wrote', async (t) => {
  const juju = new FakeJuju(t);
  const read: unknown[] = [];
  const main = probing((port) => {
    const relation: RelationPort | null = port.relation(1);
    if (relation === null) return;
    relation.setUnit({ host: '10.0.0.1' });
    read.push(relation.ownUnitSettings(), relation.ownApplicationSettings(), port.isLeader());
  });
  juju.relate('db:1', 'client').bags['app'] = { master: 'x' };

  await juju.hook(main, 'install');
  juju.isLeader = false;
  await juju.hook(main, 'update-status');

  const own = { host: '10.0.0.1' };
  assert.deepEqual(read, [own, { master: 'x' }, true, own, null, false]);
});

test('T24: among peers everybody reads the application bag', async (t) => {
  const juju = new FakeJuju(t);
  juju.isLeader = false;
  let read: unknown;
  const { handler, everyHook } = reactive<string, undefined, { cluster: EndpointPort }>();
  const main = runCharm(
    defineCharm<string, undefined, { cluster: EndpointPort }>({
      name: 'app',
      peer: 'cluster',
      services: () => undefined,
      endpoints: { cluster: (port) => port },
      handlers: [
        handler('x', [everyHook()], ({ endpoints }) => {
          read = endpoints.cluster.relations[0]?.ownApplicationSettings();
        }),
      ],
    }),
  );
  juju.relate('cluster:0', 'app').bags['app'] = { master: 'app/1' };

  await juju.hook(main, 'install');

  assert.deepEqual(read, { master: 'app/1' });
});

test('of peers only hashes are kept, and changes are found all the same', async (t) => {
  const juju = new FakeJuju(t);
  const seen: (readonly string[])[] = [];
  const main = probing((_port, flags) => void seen.push(flags), { peer: 'cluster' });
  const { bags } = juju.relate('cluster:0', 'app');
  juju.join('cluster:0', 'app/1', { host: 'a', secret: 'hush-hush' });
  await juju.relationHook(main, { relation: 'cluster:0', event: 'joined', unit: 'app/1' });
  bags['app/1'] = { host: 'b', secret: 'hush-hush' };

  await juju.relationHook(main, { relation: 'cluster:0', event: 'changed', unit: 'app/1' });

  assert.deepEqual(seen.at(-1), [
    'endpoint.cluster.changed',
    'endpoint.cluster.changed.host',
    'endpoint.cluster.joined',
  ]);
  const rows = JSON.stringify(juju.data().entries('reactive.endpoints.cluster.'));
  assert.doesNotMatch(rows, /hush-hush/);
});

test('T25: a write to the application bag by a unit that does not lead is refused before anything is written', async (t) => {
  const juju = new FakeJuju(t);
  juju.isLeader = false;
  let code: unknown;
  const main = probing((port) => {
    try {
      port.relation(1)?.setApplication({ master: 'x' });
    } catch (error) {
      code = error instanceof Error && 'code' in error ? error.code : null;
    }
  });
  juju.relate('db:1', 'client');

  await juju.hook(main, 'install');

  assert.equal(code, 'NOT_LEADER');
  assert.ok(!juju.calls.some((call) => call.startsWith('relation-set')));
});

test('T1: a bag Juju does not give is empty, and a tool that fails otherwise fails the hook', async (t) => {
  const juju = new FakeJuju(t);
  let read: unknown;
  const main = probing((port) => void (read = port.relation(1)?.remoteUnitSettings('client/9')));
  juju.relate('db:1', 'client');

  assert.equal((await juju.hook(main, 'install')).exitCode, 0);
  assert.deepEqual(read, {});
  juju.failing = 'relation-get';
  assert.equal((await juju.hook(main, 'start')).exitCode, 1);
});

test('a protocol warns under the name of its endpoint and keeps facts under it', async (t) => {
  const juju = new FakeJuju(t);
  const main = probing((port) => {
    port.warn('odd request');
    port.store.set('served.1', { database: 'a' });
    port.store.set('other', 1);
    assert.deepEqual(port.store.entries('served.'), [['served.1', { database: 'a' }]]);
    assert.deepEqual(port.store.get('other'), 1);
    port.store.unset('other');
    assert.equal(port.event, null);
    assert.equal(port.relation(99), null);
  });

  assert.equal((await juju.hook(main, 'install')).exitCode, 0);

  assert.match(juju.log.join(), /db: odd request/);
  assert.deepEqual(juju.data().entries('endpoints.'), [
    ['endpoints.db.served.1', { database: 'a' }],
  ]);
});

test('E60: a relation hook that fails leaves membership as it was, and its retry sees the change again', async (t) => {
  const juju = new FakeJuju(t);
  const seen: (readonly string[])[] = [];
  let fails = true;
  const main = probing((_port, flags) => {
    seen.push(flags);
    if (fails) throw new Error('not now');
  });
  juju.relate('db:1', 'client');
  juju.join('db:1', 'client/0', { database: 'shop' });
  const joined = { relation: 'db:1', event: 'joined', unit: 'client/0' } as const;

  assert.equal((await juju.relationHook(main, joined)).exitCode, 1);
  fails = false;
  assert.equal((await juju.relationHook(main, joined)).exitCode, 0);

  assert.deepEqual(seen[1], seen[0]);
  assert.ok(seen[1]?.includes('endpoint.db.changed.database'));
});
