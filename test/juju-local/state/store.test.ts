import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createModel } from '#core/juju/create-model.ts';
import type { Model, Unit } from '#core/juju/model.ts';
import { Store } from '#juju-local/state/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'jd-'));
after(() => rmSync(folder, { recursive: true }));

const empty = createModel({ uuid: 'u', name: 'm', jujuVersion: '3.6.9', now: 1 });

/** Rows are opaque to the store, so anything stands for a unit here. */
function withUnits(model: Model, units: Readonly<Record<string, unknown>>): Model {
  return { ...model, units: units as Record<string, Unit> };
}

test('what was saved is there after reopening, whatever the keys are called', () => {
  const path = join(folder, 'a.db');
  const first = new Store(path);
  assert.equal(first.load(), null);
  assert.equal(first.loadSettings(), null);
  const units = Object.fromEntries([
    ['__proto__', { name: 'odd' }],
    ['a/0', { name: 'a/0' }],
    ['b/0', { name: 'b/0' }],
  ]);
  const model = withUnits(empty, units);
  first.save(model);
  first.save(withUnits({ ...model, name: 'renamed' }, { ...units, 'a/0': { name: 'changed' } }));
  const { 'b/0': gone, ...left } = units;
  assert.ok(gone);
  first.save(withUnits({ ...model, name: 'renamed' }, left));
  first.saveSettings({ networks: ['1.2'], seed: 7, controllerStopped: true });
  first.recordProcess('a/0', { pid: 1, startedAt: '2' });
  first.recordProcess('b/0', { pid: 3, startedAt: '4' });
  first.recordProcess('b/0', null);
  first.close();

  const second = new Store(path);
  const loaded = second.load();
  assert.equal(loaded?.name, 'renamed');
  assert.deepEqual(Object.keys(loaded?.units ?? {}).toSorted(), ['__proto__', 'a/0']);
  assert.equal(Object.getPrototypeOf(loaded?.units), Object.prototype);
  assert.deepEqual(second.loadSettings(), { networks: ['1.2'], seed: 7, controllerStopped: true });
  assert.deepEqual(second.loadProcesses(), [{ pid: 1, startedAt: '2' }]);
  second.forgetProcesses();
  assert.deepEqual(second.loadProcesses(), []);
  second.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a save writes only what changed', () => {
  const store = new Store(join(folder, 'b.db'));
  const a = { name: 'a/0' };
  const model = withUnits(empty, { 'a/0': a });
  store.save(model);
  const changes = (): number =>
    Number(store.database.prepare('SELECT total_changes() AS n').get()?.['n']);
  const before = changes();
  store.save(model);
  assert.equal(changes(), before);
  store.save(withUnits(model, { 'a/0': a, 'b/0': { name: 'b/0' } }));
  assert.equal(changes(), before + 1);
  store.close();
});

test('a save that fails half-way leaves the model as it was before', () => {
  const path = join(folder, 'c.db');
  const store = new Store(path);
  store.save(empty);
  const endless: Record<string, unknown> = {};
  endless['self'] = endless;
  assert.throws(() =>
    store.save(withUnits({ ...empty, name: 'x' }, { 'a/0': {}, 'b/0': endless })),
  );
  store.close();
  const again = new Store(path);
  assert.equal(again.load()?.name, 'm');
  assert.deepEqual(again.load()?.units, {});
  again.close();
});

test('a second controller is refused, and so is a file of a newer format', () => {
  const path = join(folder, 'd.db');
  const first = new Store(path);
  assert.throws(() => new Store(path), { name: 'UserError', message: /served by another/u });
  first.close();
  const raw = new DatabaseSync(path);
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  assert.throws(() => new Store(path), /newer juju-local \(format 99/u);
});
