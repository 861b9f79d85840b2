import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Model } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import { actionOutcome } from '#core/juju/tools/action-outcome.ts';
import {
  action,
  applicationBagOf,
  bagOf,
  createDesk,
  hook,
  led,
  now,
  sharedModel,
} from './desk.ts';
import { ring, unitBagWith, unitIn, withTask, withU } from './desk.ts';
import type { Desk } from './desk.ts';

const related = sharedModel;

function version(model: Model, relation: string, unit: string): number {
  return own(own(model.relations, relation)?.units ?? {}, unit)?.bag.version ?? -1;
}

function fails(desk: Desk): string {
  const result = desk.commit();
  if (result.ok) throw new Error('the commit went through');
  return result.error;
}

/** One change of every kind. */
function busyDesk(): Desk {
  const desk = createDesk();
  desk.read('relation-set', '-r', withU, 'a=b');
  desk.read('relation-set', '-r', ring, '--app', 'a=b');
  desk.read('state-set', 'a=b');
  desk.read('open-port', '80');
  desk.read('storage-add', 'disk=2');
  desk.read('secret-add', 'token=1');
  return desk;
}

test('E60, E63: what a hook buffered is nowhere to be seen without a commit', () => {
  const desk = busyDesk();

  assert.equal(desk.model, related);
});

test('E60: a commit applies all of it', () => {
  const desk = busyDesk();
  const result = desk.commit();
  desk.flush();

  assert.equal(bagOf(desk.model, withU, 'l/0')['a'], 'b');
  assert.deepEqual(applicationBagOf(desk.model, ring, 'l'), { a: 'b' });
  const unit = unitIn(desk.model, 'l/0');
  assert.deepEqual(unit.charmState, { a: 'b' });
  assert.equal(unit.openedPorts.length, 1);
  assert.equal(Object.values(desk.model.storage).filter((each) => each.name === 'disk').length, 2);
  assert.equal(Object.keys(desk.model.secrets).length, 1);
  assert.deepEqual(result.ok ? result.log.map((line) => line.message) : [], [
    `committed settings of ring:${ring}, settings of x:${withU}, secrets, ports, charm state, storage`,
  ]);
});

test('E61: status-set stays without a commit', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', withU, 'a=b');
  desk.read('status-set', 'blocked', 'no disk');

  assert.equal(unitIn(desk.model, 'l/0').workloadStatus.status, 'blocked');
  assert.equal(bagOf(desk.model, withU, 'l/0')['a'], undefined);
});

test('E65: a failing transaction leaves the secrets applied and nothing else', () => {
  const desk = busyDesk();

  const result = desk.commit({ failure: 'no space' });

  assert.equal(result.ok, false);
  assert.equal(result.ok ? '' : result.error, 'no space');
  assert.equal(Object.keys(result.model.secrets).length, 1);
  assert.deepEqual({ ...result.model, secrets: {} }, { ...related, secrets: {} });
});

test('E65, E64: the transaction is all or nothing', () => {
  const desk = busyDesk();
  desk.read('storage-add', 'nonsense');

  const result = desk.commit();

  assert.equal(result.ok ? '' : result.error, 'charm storage "nonsense" not found');
  assert.deepEqual({ ...result.model, secrets: {} }, { ...related, secrets: {} });
});

test('H202: more storage than the charm allows fails the commit', () => {
  const desk = createDesk();
  desk.read('storage-add', 'disk=3');

  assert.match(fails(desk), /at most 2 instances supported, 3 specified/u);
});

test('E66, trap 2: an application’s bag is not written by a unit that lost the lead meanwhile', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', ring, '--app', 'a=b');
  desk.read('relation-set', '-r', withU, 'c=d');
  desk.model = led(desk.model, 'l/1');

  const result = desk.commit();

  assert.deepEqual(result, {
    ok: false,
    error: `cannot update application settings of relation "ring:${ring}": prerequisites failed: "l/0" is not leader of "l"`,
    model: desk.model,
  });
});

test('E66: a lease that ran out is no lead, though nobody else took it', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', ring, '--app', 'a=b');
  desk.now = now + 60_000;

  assert.match(fails(desk), /is not leader/u);
});

test('E66: an application’s bag that was only read takes no lead to commit', () => {
  const desk = createDesk();
  desk.read('relation-get', '-r', ring, '--app', '-', 'l');
  desk.model = led(desk.model, 'l/1');

  assert.equal(desk.commit().ok, true);
});

test('E68: identical writes bump no version and give the same model back', () => {
  const before = unitBagWith(related, withU, 'l/0', { a: 'b' });
  const desk = createDesk({ model: before });
  desk.read('relation-set', '-r', withU, 'a=b', 'never=');
  desk.read('relation-get', '-r', ring, '-', 'l/0');

  const result = desk.commit();

  assert.equal(result.model, before);
});

test('E68: a write that is taken back in the same hook changes nothing', () => {
  const before = unitBagWith(related, withU, 'l/0', { a: 'b' });
  const desk = createDesk({ model: before });
  desk.read('relation-set', '-r', withU, 'a=c');
  desk.read('relation-set', '-r', withU, 'a=b');

  assert.equal(desk.commit().model, before);
});

test('E68: several writes of one hook bump the version once', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', withU, 'a=1');
  desk.read('relation-set', '-r', withU, 'b=2');
  desk.flush();

  assert.equal(version(desk.model, withU, 'l/0'), version(related, withU, 'l/0') + 1);
});

test('E67: a bag that was merely read goes out whole, over what changed meanwhile', () => {
  const desk = createDesk({ model: unitBagWith(related, withU, 'l/0', { a: 'old' }) });
  desk.read('relation-get', '-r', withU, '-', 'l/0');
  desk.model = unitBagWith(desk.model, withU, 'l/0', { a: 'new', b: 'late' });
  desk.flush();

  const bag = bagOf(desk.model, withU, 'l/0');
  assert.deepEqual([bag['a'], bag['b']], ['old', 'late']);
});

test('L32: a config-changed hook refreshes Juju’s own keys', () => {
  const { machine } = unitIn(related, 'l/0');
  const found = own(related.machines, machine);
  if (found === undefined) throw new Error('no machine');
  const moved = {
    ...related,
    machines: { ...related.machines, [machine]: { ...found, address: '10.9.9.9' } },
  };
  const desk = createDesk({ model: moved, kind: hook({ kind: 'config-changed' }) });
  desk.flush();

  assert.equal(bagOf(desk.model, withU, 'l/0')['ingress-address'], '10.9.9.9');
  const other = createDesk({ model: moved });
  other.flush();
  assert.equal(bagOf(other.model, withU, 'l/0')['ingress-address'], '10.0.0.10');
});

test('H44: a bag beyond 16 MiB fails the commit, of a unit and of an application', () => {
  const large = JSON.stringify({ a: 'x'.repeat(16 * 1024 * 1024) });
  for (const args of [[], ['--app']]) {
    const desk = createDesk();
    desk.runWithStdin(large, 'relation-set', '-r', withU, ...args, '--file', '-');
    assert.match(fails(desk), /max allowed size \(16777216\) exceeded/u);
  }
});

test('H172: a state beyond 2 MiB fails the commit', () => {
  const desk = createDesk();
  for (let index = 0; index < 33; index++) {
    assert.equal(desk.run('state-set', `k${index}=${'v'.repeat(64 * 1024)}`).code, 0);
  }

  assert.equal(fails(desk), 'max allowed size (2097152) exceeded');
});

test('a relation removed meanwhile fails the commit of a write, not of a read', () => {
  const without = (desk: Desk): Desk => {
    const { [withU]: _gone, ...relations } = desk.model.relations;
    desk.model = { ...desk.model, relations };
    return desk;
  };
  const reader = createDesk();
  reader.read('relation-get', '-r', withU, '-', 'l/0');
  assert.equal(without(reader).commit().ok, true);

  const writer = createDesk();
  writer.read('relation-set', '-r', withU, 'a=b');
  assert.match(fails(without(writer)), /relation not found$/u);

  const leader = createDesk();
  leader.read('relation-set', '-r', withU, '--app', 'a=b');
  assert.match(fails(without(leader)), /not found$/u);
});

test('a unit removed meanwhile fails the commit', () => {
  const desk = createDesk();
  desk.read('state-set', 'a=b');
  const { 'l/0': _gone, ...units } = desk.model.units;
  desk.model = { ...desk.model, units };

  assert.equal(fails(desk), 'unit "l/0" not found');
});

test('an empty commit gives the model back and says nothing', () => {
  const result = createDesk().commit();

  assert.deepEqual(result, { ok: true, model: related, log: [] });
  assert.equal(result.model, related);
});

// ---- actions

const tasked = withTask(related, {});

function acted(...calls: readonly (readonly string[])[]): Desk {
  const desk = createDesk({ model: tasked, kind: action });
  for (const [tool = '', ...args] of calls) desk.read(tool, ...args);
  return desk;
}

const done = { exitCode: 0, stdout: '', stderr: '', flushError: null };

test('E111: exit 0 without action-fail is completed, and return-code is always there', () => {
  assert.deepEqual(actionOutcome(acted().context, done), {
    status: 'completed',
    message: '',
    results: { 'return-code': 0 },
  });
});

test('E23: outputs are kept whole, left out when empty, encoded when no text', () => {
  const outcome = actionOutcome(acted().context, {
    ...done,
    stdout: 'a\n',
    stderr: Uint8Array.from([0xff, 0]),
  });
  assert.deepEqual(outcome.results, {
    'return-code': 0,
    stdout: 'a\n',
    stderr: '/wA=',
    'stderr-encoding': 'base64',
  });
  const bytes = actionOutcome(acted().context, { ...done, stdout: new TextEncoder().encode('é') });
  assert.deepEqual(bytes.results, { 'return-code': 0, stdout: 'é' });
});

test('H161: results nest by their dots, and the later of two wins', () => {
  const desk = acted(
    ['action-set', 'a.b=1', 'a.c.d=2', 'constructor.x=3', 'plain=4'],
    ['action-set', 'a.c=5', 'plain.deep=6'],
  );

  assert.deepEqual(actionOutcome(desk.context, done).results, {
    a: { b: '1', c: '5' },
    constructor: { x: '3' },
    plain: { deep: '6' },
    'return-code': 0,
  });
});

test('H162, E111: action-fail fails the action by its last message', () => {
  const reasoned = acted(['action-fail', 'one'], ['action-fail', 'two']);
  assert.deepEqual(actionOutcome(reasoned.context, done), {
    status: 'failed',
    message: 'two',
    results: { 'return-code': 0 },
  });
  assert.equal(
    actionOutcome(acted(['action-fail']).context, done).message,
    'action failed without reason given, check action for errors',
  );
});

test('E112: exit other than 0 fails the action and keeps its results', () => {
  const desk = acted(['action-set', 'a=1']);

  assert.deepEqual(actionOutcome(desk.context, { ...done, exitCode: 3 }), {
    status: 'failed',
    message: 'exit status 3',
    results: { a: '1', 'return-code': 3 },
  });
  const told = acted(['action-fail', 'told']);
  assert.equal(actionOutcome(told.context, { ...done, exitCode: 3 }).message, 'told');
});

for (const [exitCode, signal, message] of [
  [null, 'terminated', 'signal: terminated'],
  [null, undefined, 'signal: killed'],
  [-1, undefined, 'signal: killed'],
] as const) {
  test(`E12: an action ended by ${signal ?? 'a signal'} (${String(exitCode)}) says so`, () => {
    const outcome = actionOutcome(acted().context, { ...done, exitCode, signal });
    assert.deepEqual([outcome.message, outcome.results['return-code']], [message, -1]);
  });
}

test('E113: an action the charm does not have', () => {
  assert.deepEqual(actionOutcome(acted().context, { ...done, missing: true }), {
    status: 'failed',
    message: 'action not implemented on unit "l/0"',
    results: {},
  });
});

test('E114: a refused commit fails the action and adds its error to stderr', () => {
  const end = { ...done, stderr: 'warned\n', flushError: 'no lead' };
  assert.deepEqual(actionOutcome(acted(['action-set', 'a=1']).context, end), {
    status: 'failed',
    message: 'committing requested changes failed',
    results: { a: '1', 'return-code': '1', stderr: 'warned\nno lead' },
  });
  const silent = actionOutcome(acted().context, { ...done, flushError: 'no lead' });
  assert.equal(silent.results['stderr'], 'no lead');
});

test('E116: a cancelled action is aborted', () => {
  const outcome = actionOutcome(acted().context, { ...done, exitCode: null, cancelled: true });
  assert.equal(outcome.status, 'aborted');
});

test('only an action has an outcome', () => {
  assert.throws(() => actionOutcome(createDesk().context, done), /is no action/u);
});

test('E62: an action that failed keeps what action-set said and drops the rest', () => {
  const desk = acted(['action-set', 'a=1'], ['relation-set', '-r', withU, 'a=b']);

  assert.deepEqual(actionOutcome(desk.context, { ...done, exitCode: 1 }).results['a'], '1');
  assert.equal(desk.model, tasked);
});
