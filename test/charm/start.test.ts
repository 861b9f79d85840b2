// A charm as the process Juju starts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HookContextError } from '#charm/context/hook-context-error.ts';
import type { HookHost, HookResult } from '#charm/host.ts';
import type { Explanation } from '#charm/reactive/explain.ts';
import type { HookProcess } from '#charm/start.ts';
import { startCharm } from '#charm/start.ts';

interface Ended {
  readonly host: HookHost;
  readonly out: string;
  readonly err: string;
  readonly exitCode: HookProcess['exitCode'];
}

async function start(env: HookProcess['env'], result: HookResult<Explanation>): Promise<Ended> {
  const written = { out: '', err: '' };
  let host: HookHost | null = null;
  const around: HookProcess = {
    env,
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
  };
  await startCharm(async (given: HookHost) => {
    host = given;
    return result;
  }, around);
  assert.ok(host !== null);
  return { host, ...written, exitCode: around.exitCode };
}

const trace: Explanation = {
  hook: 'start',
  ran: [{ handler: 'go', turn: 'hook', because: ['the hook is start'] }],
  held: [],
};

test('L35: the facts of a unit are in the directory of its charm, unless the environment says where', async () => {
  const usual = await start({ JUJU_CHARM_DIR: '/charm', GONE: undefined }, { exitCode: 0 });
  const named = await start({ UNIT_STATE_DB: '/elsewhere.db' }, { exitCode: 0 });
  const bare = await start({}, { exitCode: 0 });

  assert.equal(usual.host.unitDataPath, '/charm/.unit-state.db');
  assert.equal(named.host.unitDataPath, '/elsewhere.db');
  assert.equal(bare.host.unitDataPath, '.unit-state.db');
  assert.deepEqual(usual.host.environment, { JUJU_CHARM_DIR: '/charm' });
  assert.ok(Math.abs(usual.host.now() - Date.now()) < 60_000);
});

test('the exit code is that of the hook', async () => {
  assert.equal((await start({}, { exitCode: 0 })).exitCode, 0);
  assert.equal((await start({}, { exitCode: 7 })).exitCode, 7);
});

test('an error that is in the log is not told again, one that could not get there is', async () => {
  const logged = await start({}, { exitCode: 1, error: new Error('in the log') });
  const unstarted = await start(
    {},
    { exitCode: 1, error: new HookContextError('noContext', 'run this from Juju') },
  );
  const unloggable = await start(
    {},
    { exitCode: 1, error: new AggregateError([], 'it failed; and juju-log too') },
  );

  assert.equal(logged.err, '');
  assert.equal(unstarted.err, 'ERROR run this from Juju\n');
  assert.equal(unloggable.err, 'ERROR it failed; and juju-log too\n');
});

test('the event explain prints its answer; the action of that name has it as a result and prints nothing', async () => {
  const event = await start({ JUJU_DISPATCH_PATH: 'hooks/explain' }, { exitCode: 0, trace });
  const nothing = await start({ JUJU_DISPATCH_PATH: 'hooks/explain' }, { exitCode: 0 });
  const action = await start({ JUJU_DISPATCH_PATH: 'actions/explain' }, { exitCode: 0, trace });
  const hook = await start({ JUJU_DISPATCH_PATH: 'hooks/start' }, { exitCode: 0, trace });

  assert.match(event.out, /^Handlers of the hook start\nRan:\n {2}hook: go/);
  assert.equal(nothing.out, 'No hook has been recorded yet.\n');
  assert.equal(action.out + hook.out, '');
});
