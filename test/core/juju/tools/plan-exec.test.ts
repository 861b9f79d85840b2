import assert from 'node:assert/strict';
import { test } from 'node:test';

import { planExec } from '#core/juju/tools/plan-exec.ts';
import { createDesk, recorded, ring, sharedModel, unitIn, withM, withU, withUnit } from './desk.ts';

const noContext = { relation: undefined, remoteUnit: undefined, remoteApplication: undefined };

function plan(args: readonly string[], home: string | null = 'l/0', model = sharedModel): object {
  return planExec(args, {}, model, home);
}

function refused(code: number, message: string): object {
  return { ok: false, code, stdout: '', stderr: `ERROR ${message}\n` };
}

function planned(rest: object = {}): object {
  return { ok: true, unit: 'l/0', commands: 'true', ...noContext, operator: false, ...rest };
}

test('H250: the unit is named by -u, by its own machine, or as juju-run had it', () => {
  assert.deepEqual(plan(['true']), planned());
  assert.deepEqual(plan(['-u', 'l/0', 'true'], null), planned());
  assert.deepEqual(plan(['l/0', 'true'], null), planned());
  assert.deepEqual(plan(['--operator', 'true']), planned({ operator: true }));
});

test('H250: commands are one argument', () => {
  assert.deepEqual(plan([]), refused(2, 'missing commands'));
  assert.deepEqual(plan(['true', 'false']), refused(2, 'unrecognized args: ["false"]'));
  assert.deepEqual(plan(['true'], null), refused(2, 'missing unit-name'));
  assert.deepEqual(plan(['--bogus']), refused(2, 'option provided but not defined: --bogus'));
});

test('H250: --no-context runs for no unit', () => {
  assert.deepEqual(plan(['--no-context', 'true']), planned({ unit: null }));
});

test('H250: --help is no error', () => {
  assert.deepEqual(plan(['--help']), {
    ok: false,
    code: 0,
    stdout: 'Usage: juju-exec [options] [-u <unit-name>] <commands>\n',
    stderr: '',
  });
});

test('H251: refused inside a hook, whatever is asked', () => {
  const environment = { JUJU_CONTEXT_ID: 'l/0-install-1' };
  const message = 'juju-exec cannot be called from within a hook, have context "l/0-install-1"';

  assert.deepEqual(planExec(['true'], environment, sharedModel, 'l/0'), refused(2, message));
  assert.deepEqual(planExec(['true'], { JUJU_CONTEXT_ID: '' }, sharedModel, 'l/0'), planned());
});

test('H254: a unit of another machine, or of none, is not found', () => {
  const missing = (unit: string): object => refused(1, `unit "${unit}" not found on this machine`);

  assert.deepEqual(plan(['-u', 'l/1', 'true']), missing('l/1'));
  assert.deepEqual(plan(['-u', 'l/9', 'true']), missing('l/9'));
  const together = withUnit(sharedModel, 'l/1', { machine: unitIn(sharedModel, 'l/0').machine });
  assert.deepEqual(plan(['-u', 'l/1', 'true'], 'l/0', together), planned({ unit: 'l/1' }));
});

test('H254: the only member of a relation is inferred', () => {
  const found = planned({ relation: withM, remoteUnit: 'm/0' });
  assert.deepEqual(plan(['-r', withM, 'true']), found);
  assert.deepEqual(plan(['-r', `x:${withM}`, 'true']), found);
});

for (const [args, code, message] of [
  [['-r', withU], 1, 'ambiguous remote unit; possibilities are [u/0 u/1]'],
  [['-r', '9'], 1, 'unknown relation id: 9'],
  [['-r', 'one'], 2, 'invalid relation id'],
  [
    ['-r', withU, '--remote-unit', 'u/7'],
    1,
    'unknown remote unit u/7; use --force-remote-unit to override',
  ],
  [['-r', withU, '--remote-unit', 'x'], 1, 'invalid remote unit: x'],
  [['-r', withU, '--remote-app', 'X'], 1, 'invalid remote application: X'],
  [['--remote-unit', 'u/0'], 1, 'remote unit provided without a relation: u/0'],
] as const) {
  test(`H254, H254b: ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(plan([...args, 'true']), refused(code, message));
  });
}

test('H254: nobody can be inferred in an empty relation', () => {
  const model = recorded(sharedModel, 'l/0', ring);
  assert.deepEqual(
    plan(['-r', ring, 'true'], 'l/0', model),
    refused(1, `cannot infer remote unit in empty relation ${ring}`),
  );
});

test('H254: a member may be named, a unit that left only with --force-remote-unit', () => {
  assert.deepEqual(
    plan(['-r', withU, '--remote-unit', 'u/1', 'true']),
    planned({ relation: withU, remoteUnit: 'u/1' }),
  );
  assert.deepEqual(
    plan(['-r', withU, '--remote-unit', 'u/7', '--force-remote-unit', 'true']),
    planned({ relation: withU, remoteUnit: 'u/7' }),
  );
});

test('H254b: the remote application is what was given, and then needs no unit', () => {
  assert.deepEqual(
    plan(['-r', withU, '--remote-app', 'u', 'true']),
    planned({ relation: withU, remoteApplication: 'u' }),
  );
  assert.deepEqual(
    plan(['-r', withU, '--remote-app', 'u', '--remote-unit', 'u/0', 'true']),
    planned({ relation: withU, remoteUnit: 'u/0', remoteApplication: 'u' }),
  );
  assert.deepEqual(plan(['--remote-app', 'u', 'true']), planned({ remoteApplication: 'u' }));
});

test('H254b: without --remote-app, --app of relation-get finds no default', () => {
  const kind = { kind: 'exec', relation: withU, remoteUnit: 'u/0' } as const;
  const desk = createDesk({ kind });

  assert.equal(desk.run('relation-get').code, 0);
  assert.equal(
    desk.run('relation-get', '--app').stderr,
    'ERROR no unit or application specified\n',
  );
});

test('H30: a juju-exec whose relation is no longer the unit’s is told so by the tools', () => {
  const desk = createDesk({ kind: { kind: 'exec', relation: '99' } });

  assert.equal(desk.run('relation-list').stderr, 'ERROR relation not found\n');
});
