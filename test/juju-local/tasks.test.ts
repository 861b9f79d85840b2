// Actions, `juju exec` and juju-exec: what runs beside the hooks, and when it may.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { processesOf, untilFile, withModel } from './with-model.ts';

/** Starts a daemon that calls juju-exec with a clean environment, as a charm's observer does (H255). */
const daemon =
  'env -i PATH="$PATH" UNIT="$JUJU_UNIT_NAME" DIR="$CHARM_DIR" setsid sh -c \'\n' +
  '  cd /; touch "$DIR/daemon-up"\n' +
  '  juju-exec -u "$UNIT" "relation-set -r cluster:0 from=daemon; env > $DIR/exec-env; echo out; echo err >&2; exit 5" > "$DIR/out" 2> "$DIR/err"\n' +
  '  echo $? > "$DIR/code.new"; mv "$DIR/code.new" "$DIR/code"\n' +
  "' > /dev/null 2>&1 < /dev/null &\n";

test('E101, E69, H252: juju-exec waits for the running hook, has no hook variables, and commits though it failed', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/start': `${daemon}while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n`,
    });
    await juju.deploy({ path });
    await juju.waitFor((model) => 'shell-dispatch/0' in model.units, 'the unit to be there');
    const at = (name: string): string => inCharm('shell-dispatch/0', name);
    await untilFile(at('daemon-up'));
    // The hook still runs: a task of the model shows that what is queued does not start beside it.
    const { tasks } = await juju.call('enqueue-action', {
      units: ['shell-dispatch/0'],
      action: 'echo',
      parameters: {},
    });
    const during = await juju.model();
    assert.equal(during.units['shell-dispatch/0']?.agentStatus.message, 'running start hook');
    assert.equal(during.tasks[tasks[0] ?? '']?.status, 'pending');

    writeFileSync(at('go'), '');
    await untilFile(at('code'));
    const model = await juju.settled();

    assert.equal(readFileSync(at('code'), 'utf8'), '5\n');
    assert.equal(readFileSync(at('out'), 'utf8'), 'out\n');
    assert.equal(readFileSync(at('err'), 'utf8'), 'err\n');
    assert.equal(model.relations['0']?.units['shell-dispatch/0']?.bag.settings['from'], 'daemon');
    const names = readFileSync(at('exec-env'), 'utf8');
    assert.match(names, /^JUJU_HOOK_NAME=$/mu);
    assert.doesNotMatch(names, /^JUJU_DISPATCH_PATH=/mu);
    assert.equal(model.tasks[tasks[0] ?? '']?.status, 'completed');
  });
});

test('H251: juju-exec is refused with a hook context in the environment; H256: it runs in hook error', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/start': `${daemon}juju-exec true 2> "$CHARM_DIR/refused" || echo $? >> "$CHARM_DIR/refused"; exit 1\n`,
    });
    await juju.deploy({ path });
    await juju.waitFor(
      (model) => model.units['shell-dispatch/0']?.agentStatus.status === 'error',
      'the hook to fail',
    );
    await untilFile(inCharm('shell-dispatch/0', 'code'));

    const refused = readFileSync(inCharm('shell-dispatch/0', 'refused'), 'utf8');
    assert.match(refused, /^ERROR juju-exec cannot be called from within a hook, have context "/u);
    const model = await juju.settled();
    assert.equal(model.units['shell-dispatch/0']?.agentStatus.status, 'error');
    assert.equal(model.relations['0']?.units['shell-dispatch/0']?.bag.settings['from'], 'daemon');
  });
});

test('E23, E111, E112, E113, E117: actions give results, fail in their own ways, and are checked beforehand', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.deploy({ path: charm('shell-hooks') });
    await juju.settled();

    const echo = await juju.run('shell-dispatch/leader', 'echo', { text: 'hi' });
    assert.deepEqual(
      [echo.unit, echo.status, echo.results],
      ['shell-dispatch/0', 'completed', { 'return-code': 0, stdout: 'said hi\n', text: 'hi' }],
    );
    const failures = [];
    for (const how of ['exit', 'fail', 'both']) {
      const { status, message, results } = await juju.run('shell-dispatch/0', 'fail', { how });
      failures.push([status, message, results]);
    }
    assert.deepEqual(failures, [
      ['failed', 'exit status 7', { kept: 'yes', 'return-code': 7 }],
      ['failed', 'as asked', { kept: 'yes', 'return-code': 0 }],
      ['failed', 'as asked', { kept: 'yes', 'return-code': 7 }],
    ]);
    const undone = await juju.run('shell-hooks/0', 'undone');
    assert.equal(undone.message, 'action not implemented on unit "shell-hooks/0"');
    const hello = await juju.run('shell-hooks/0', 'hello');
    assert.equal(hello.results['greeting'], 'hello');
    await assert.rejects(juju.run('shell-dispatch/0', 'echo', { volume: 11 }), /volume/u);
    await assert.rejects(juju.run('shell-dispatch/0', 'nothing'), /action "nothing" not defined/u);

    const model = await juju.settled();
    assert.equal(model.units['shell-dispatch/0']?.agentStatus.status, 'idle', 'E115');
  });
});

test('E116: cancelling kills a running action and takes a waiting one off the queue', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();
    const enqueue = async (): Promise<string> => {
      const input = { units: ['shell-dispatch/0'], action: 'slow', parameters: {} };
      return (await juju.call('enqueue-action', input)).tasks[0] ?? '';
    };
    const running = await enqueue();
    const waiting = await enqueue();
    await juju.waitFor((model) => model.tasks[running]?.status === 'running', 'the action to run');

    await juju.call('cancel-task', { task: waiting });
    await juju.call('cancel-task', { task: running });

    assert.equal((await juju.waitForTask(waiting)).status, 'cancelled');
    assert.equal((await juju.waitForTask(running)).status, 'aborted');
    await assert.rejects(juju.call('cancel-task', { task: running }), /cannot cancel task/u);
  });
});

test('H257, E69: exec gives output and exit code, and commits whatever the code', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();

    const task = await juju.exec(
      'shell-dispatch/0',
      'relation-set -r cluster:0 by=exec\necho "in $PWD"; exit 9',
    );

    assert.equal(task.results['return-code'], 9);
    assert.match(String(task.results['stdout']), /^in .*\/charm\n$/u);
    const model = await juju.model();
    assert.equal(model.relations['0']?.units['shell-dispatch/0']?.bag.settings['by'], 'exec');
    const late = await juju.call('enqueue-exec', {
      units: ['shell-dispatch/0'],
      command: 'exec sleep 300',
      timeoutSeconds: 0.2,
    });
    const killed = await juju.waitForTask(late.tasks[0] ?? '');
    assert.deepEqual([killed.status, killed.message], ['failed', 'signal: killed']);
    const inner = await juju.exec('shell-dispatch/0', 'env -u JUJU_CONTEXT_ID juju-exec -r 9 true');
    assert.equal(inner.results['stderr'], 'ERROR unknown relation id: 9\n');
  });
});

test('a juju-exec that waits for a unit that is removed is refused instead of left waiting', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    await juju.deploy({ path: charm('shell-dispatch'), application: 'host' });
    await juju.settled();
    const path = charm('shell-dispatch', {
      'steps/install': `${daemon}while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n`,
    });
    await juju.deploy({ path, application: 'guest', to: ['0'], storage: { pgdata: '1,10G' } });
    await juju.waitFor((model) => 'guest/0' in model.units, 'the unit to be there');
    await untilFile(inCharm('guest/0', 'daemon-up'));
    const folder = inCharm('guest/0', '');
    // The daemon writes into the charm directory, which goes with the unit: it is watched by its process.
    const waits = (): boolean =>
      processesOf(folder).some((entry) => entry.executable?.includes('perl') === true);
    const deadline = Date.now() + 10_000;
    while (!waits() && Date.now() < deadline) await new Promise(setImmediate);
    assert.equal(waits(), true, 'juju-exec waits');

    await juju.removeUnit('guest/0', { force: true });
    await juju.settled();

    while (waits() && Date.now() < deadline) await new Promise(setImmediate);
    assert.equal(waits(), false, 'juju-exec has ended');
    assert.deepEqual(Object.keys((await juju.model()).units), ['host/0']);
  });
});
