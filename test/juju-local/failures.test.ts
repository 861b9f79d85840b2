// Things that die: hooks, agents, the controller, machines.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { delay } from '#adapters/system/clock.ts';
import { isRunning, readProcess } from '#adapters/system/process-table.ts';
import { JujuLocal } from '#juju-local/client.ts';
import { layoutOf } from '#juju-local/state/layout.ts';

import { logOf, processesOf, testTimeoutMs, untilFile, withModel } from './with-model.ts';
import type { TestModel } from './with-model.ts';

const unit = 'shell-dispatch/0';

/** A config-changed hook that waits for `go` and leaves word of each try. */
const patient = {
  'steps/config-changed':
    'tries=$(cat "$CHARM_DIR/tries" 2> /dev/null | wc -l)\n' +
    'relation-set -r cluster:0 tries="$((tries + 1))"\n' +
    // Said last: from here on the hook needs no tool until it is let go.
    'echo try >> "$CHARM_DIR/tries"\n' +
    'while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n',
};

async function untilTries({ inCharm }: TestModel, count: number): Promise<void> {
  const deadline = Date.now() + testTimeoutMs;
  const tries = (): number => {
    const file = inCharm(unit, 'tries');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  };
  while (tries() < count) {
    assert.ok(Date.now() < deadline, `the hook was tried ${tries()} times, not ${count}`);
    await delay(10);
  }
}

async function untilUnit({ juju }: TestModel): Promise<void> {
  await juju.waitFor(
    (model) => model.units[unit]?.agentStatus.message === 'running config-changed hook',
    'config-changed to run',
  );
}

test('E11: a hook killed by SIGKILL is run again at once and is no error', async () => {
  await withModel(async (model) => {
    const { juju, charm, inCharm } = model;
    await juju.deploy({ path: charm('shell-dispatch', patient) });
    await untilUnit(model);
    await untilTries(model, 1);

    const hook = processesOf(inCharm(unit, '')).find(
      (entry) => entry.session === entry.pid && entry.executable !== null,
    );
    assert.ok(hook);
    process.kill(hook.pid, 'SIGKILL');
    await untilTries(model, 2);
    writeFileSync(inCharm(unit, 'go'), '');
    const after = await juju.settled();

    assert.equal(after.units[unit]?.workloadStatus.status, 'active');
    const messages = (await logOf(juju, { level: 'WARNING' })).map((line) => line.message);
    assert.deepEqual(messages, ['hook "config-changed" was terminated']);
    assert.equal(after.relations['0']?.units[unit]?.bag.settings['tries'], '2');
  });
});

test('K5: fail-hook ends the next hook at its N-th tool call, by exit code or by signal', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();

    await juju.faults.failHook(unit, 2, { exit: 3 });
    await juju.setConfig('shell-dispatch', { greeting: 'again' });
    const failed = await juju.waitFor(
      (model) => model.units[unit]?.agentStatus.status === 'error',
      'the hook to fail',
    );
    assert.equal(
      failed.units[unit]?.workloadStatus.message,
      'hello',
      'status-set was the 2nd call',
    );
    assert.match((await logOf(juju, { level: 'ERROR' })).at(-1)?.message ?? '', /exit status 3$/u);

    await juju.faults.failHook(unit, 1, { signal: 'SIGKILL' });
    await juju.resolve(unit);
    const model = await juju.settled();
    assert.equal(model.units[unit]?.workloadStatus.message, 'again');
    await assert.rejects(juju.faults.failHook(unit, 1, { signal: 'SIGWINCH' }), /unknown signal/u);
    await assert.rejects(juju.faults.failHook('shell-dispatch/7', 1, { exit: 1 }), /not found/u);
  });
});

test('E86: restarting the agent in a hook makes it a failed hook, which is run again', async () => {
  await withModel(async (model) => {
    const { juju, charm, inCharm } = model;
    await juju.deploy({ path: charm('shell-dispatch', patient) });
    await untilUnit(model);
    await untilTries(model, 1);

    await juju.faults.restartAgent(unit);
    const failed = await juju.model();
    assert.equal(failed.units[unit]?.agentStatus.message, 'hook failed: "config-changed"');
    assert.deepEqual(processesOf(inCharm(unit, '')), [], 'the hook has ended');

    writeFileSync(inCharm(unit, 'go'), '');
    await juju.resolve(unit);
    assert.equal((await juju.settled()).units[unit]?.workloadStatus.status, 'active');
  });
});

test('E13, E86: a controller killed in the middle of a hook goes on from there, and ends what it left running', async () => {
  await withModel(async (model) => {
    const { juju, charm, inCharm, stateDir } = model;
    await juju.deploy({ path: charm('shell-dispatch', patient) });
    await untilUnit(model);
    await untilTries(model, 1);
    const before = await juju.ping();
    // The hook itself, not one of the short sleeps it starts.
    const hook = processesOf(inCharm(unit, '')).find((entry) => entry.session === entry.pid);
    assert.ok(hook);

    const controller = readProcess(before.pid);
    assert.ok(controller);
    process.kill(before.pid, 'SIGKILL');
    while (isRunning(controller)) await delay(5);
    assert.equal(isRunning(hook), true, 'the hook outlived its controller');
    const again = await JujuLocal.bootstrap({ stateDir });

    const after = await again.ping();
    assert.notEqual(after.pid, before.pid);
    assert.equal(after.modelUuid, before.modelUuid);
    assert.equal(after.apiAddress, before.apiAddress);
    assert.equal(isRunning(hook), false, 'the old hook was ended before anything else');
    const failed = await again.waitFor(
      (now) => now.units[unit]?.agentStatus.status === 'error',
      'the interrupted hook to count as failed',
    );
    assert.equal(failed.units[unit]?.agentStatus.message, 'hook failed: "config-changed"');
    writeFileSync(inCharm(unit, 'go'), '');
    await again.resolve(unit);
    assert.equal((await again.settled()).units[unit]?.workloadStatus.status, 'active');
  });
});

test('stop and bootstrap again: daemons go on, a running hook is run again', async () => {
  await withModel(async (model) => {
    const { juju, charm, inCharm, stateDir } = model;
    const install = { 'steps/install': 'setsid sleep 300 > /dev/null 2>&1 < /dev/null &\n' };
    await juju.deploy({ path: charm('shell-dispatch', { ...patient, ...install }) });
    await untilUnit(model);
    await untilTries(model, 1);
    const isSleep = (): number[] =>
      processesOf(stateDir)
        .filter((entry) => entry.executable?.endsWith('sleep') === true && entry.parent === 1)
        .map((entry) => entry.pid);

    await juju.stop();
    const daemons = isSleep();
    await assert.rejects(juju.ping(), /no controller answers/u);
    const again = await JujuLocal.open({ stateDir });
    await untilTries(model, 2);
    writeFileSync(inCharm(unit, 'go'), '');
    await again.settled();

    assert.ok(daemons.length > 0);
    assert.deepEqual(isSleep(), daemons);
  });
});

test('E14: while the controller is gone no hook starts and every tool fails; then all goes on', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/config-changed':
        'touch "$CHARM_DIR/running"; while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n' +
        'is-leader 2> "$CHARM_DIR/answer" || echo $? >> "$CHARM_DIR/answer"; mv "$CHARM_DIR/answer" "$CHARM_DIR/said"\n',
    });
    await juju.deploy({ path });
    await juju.waitFor((model) => unit in model.units, 'the unit');
    await untilFile(inCharm(unit, 'running'));

    await juju.faults.stopController();
    writeFileSync(inCharm(unit, 'go'), '');
    await untilFile(inCharm(unit, 'said'));
    assert.match(readFileSync(inCharm(unit, 'said'), 'utf8'), /^ERROR .*controller.*\n1\n$/u);
    await assert.rejects(juju.addUnits('shell-dispatch'), /stopped by a fault/u);
    await juju.settled();

    await juju.faults.startController();
    await juju.waitFor((model) => model.units[unit]?.agentStatus.status === 'error', 'the failure');
    await juju.resolve(unit);
    assert.equal((await juju.settled()).units[unit]?.workloadStatus.status, 'active');
  });
});

/** State letter of a process; one that nobody has reaped yet has ended all the same. */
function stateOf(pid: number): string {
  const state = readProcess(pid)?.state ?? 'Z';
  return state === 'Z' ? 'ended' : state;
}

/** A signal takes effect when the process is next scheduled, which on a busy machine is a little later. */
async function untilState(pid: number, wanted: string): Promise<void> {
  const deadline = Date.now() + testTimeoutMs;
  while (stateOf(pid) !== wanted) {
    assert.ok(Date.now() < deadline, `process ${pid} is in state ${stateOf(pid)}, not ${wanted}`);
    await delay(10);
  }
}

/** A daemon as charms leave them behind: its own session, nothing of the hook's environment. */
const lonelyDaemon =
  "env -i setsid sh -c 'echo $$ > daemon.pid; exec sleep 300' > /dev/null 2>&1 < /dev/null &\n";

test('K5: machines can be frozen, cut off, switched off and booted, with all their processes', async () => {
  await withModel(async ({ juju, charm, inCharm, trace }) => {
    const path = charm('shell-dispatch', { 'steps/start': lonelyDaemon });
    await juju.deploy({ path });
    await juju.settled();
    const daemonPid = (): number => Number(readFileSync(inCharm(unit, 'daemon.pid'), 'utf8'));
    const first = daemonPid();
    const events = async (): Promise<number> => (await trace(unit)).length;
    const before = await events();

    await juju.faults.pauseMachine('0');
    await untilState(first, 'T');
    await juju.setConfig('shell-dispatch', { greeting: 'frozen' });
    await juju.settled();
    assert.equal(await events(), before, 'no hook runs on a frozen machine');
    await juju.faults.resumeMachine('0');
    await juju.settled();
    await untilState(first, 'S');
    assert.equal(await events(), before + 1);

    await juju.faults.isolateMachine('0');
    await juju.setConfig('shell-dispatch', { greeting: 'alone' });
    await juju.settled();
    assert.equal(await events(), before + 1, 'no hook runs on a machine that is cut off');
    // Its daemons go on.
    await untilState(first, 'S');
    await juju.faults.reconnectMachine('0');
    await juju.settled();

    await juju.faults.stopMachine('0');
    assert.equal(stateOf(first), 'ended', 'switched off, everything on it is dead');
    await juju.faults.startMachine('0');
    await juju.settled();
    assert.equal((await trace(unit)).at(-1), 'start', 'E121: a boot brings another start');
    const second = daemonPid();
    assert.notEqual(second, first);

    await juju.faults.rebootMachine('0');
    await juju.settled();
    assert.equal(stateOf(second), 'ended');
    await assert.rejects(juju.faults.stopMachine('9'), /machine 9 not found/u);
  });
});

test('E120: juju-reboot --now kills the hook, boots the machine and runs the hook again', async () => {
  await withModel(async ({ juju, charm, trace }) => {
    const path = charm('shell-dispatch', {
      'steps/config-changed':
        '[ -e "$CHARM_DIR/rebooted" ] || { touch "$CHARM_DIR/rebooted"; juju-reboot --now; sleep 300; }\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();

    assert.equal(model.machines['0']?.bootId, 1);
    const events = await trace(unit);
    assert.equal(events.filter((event) => event === 'config-changed').length, 2);
    assert.equal(model.units[unit]?.workloadStatus.status, 'active');
  });
});

test('L63: a forced removal ends a unit with its hook and its machine, whatever they are about', async () => {
  await withModel(async (model) => {
    const { juju, charm, stateDir } = model;
    await juju.deploy({
      path: charm('shell-dispatch', { ...patient, 'steps/install': lonelyDaemon }),
    });
    await untilUnit(model);
    const machineDir = layoutOf(stateDir).machineDir('0');
    assert.ok(processesOf(machineDir).length >= 2);

    await juju.removeUnit(unit, { force: true });
    const after = await juju.settled();

    assert.deepEqual([Object.keys(after.units), Object.keys(after.machines)], [[], []]);
    assert.deepEqual(processesOf(machineDir), []);
    assert.equal(existsSync(join(stateDir, 'm/0')), false);
  });
});

test('who waits is told what for, at the timeout and when the controller ends meanwhile', async () => {
  await withModel(async ({ juju, charm, stateDir }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();
    const said: string[] = [];
    const never = { timeoutMs: 200, onProgress: (text: string) => said.push(text) };
    await assert.rejects(juju.waitForStatus('shell-dispatch', 'blocked', never), {
      name: 'UserError',
      message:
        'timed out after 0.2 s waiting for shell-dispatch to be blocked: shell-dispatch/0 is active/idle "hello"',
    });
    assert.equal(said.length, 1, 'progress is told once until it changes');

    const waiting = assert.rejects(
      juju.waitFor(() => false, 'something that does not come', {
        onProgress: () => void juju.stop(),
      }),
      /controller ended while waiting for something|no controller answers/u,
    );
    await waiting;
    while (existsSync(join(stateDir, 'controller.sock'))) await delay(10);
  });
});

test('a live display gets the statuses of units as they change', async () => {
  await withModel(async ({ juju, charm }) => {
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of juju.events()) {
        if (event.kind === 'workload') seen.push(`${event.unit} ${event.status} ${event.message}`);
        if (event.kind === 'workload' && event.status === 'active') break;
      }
    })();
    await juju.deploy({ path: charm('shell-dispatch') });
    await watching;

    assert.deepEqual(seen, [
      'shell-dispatch/0 waiting waiting for machine',
      'shell-dispatch/0 maintenance installing charm software',
      'shell-dispatch/0 active hello',
    ]);
    const status = await juju.status();
    assert.equal(status.applications['shell-dispatch']?.units?.['shell-dispatch/0']?.leader, true);
  });
});

test('E81: waiting for the status error ends when a hook has failed, whatever the charm said last', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-dispatch', { 'steps/install': 'exit 3\n' }) });
    const model = await juju.waitForStatus('shell-dispatch', 'error', { timeoutMs: testTimeoutMs });
    assert.notEqual(model.units[unit]?.workloadStatus.status, 'error');
    assert.equal(model.units[unit]?.agentStatus.message, 'hook failed: "install"');
  });
});
