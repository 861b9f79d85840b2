// What a hook's process gets and what becomes of what it did: environment, flush, missing and broken handlers, output.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { logOf, untilFile, withModel } from './with-model.ts';

test('E30: a hook has exactly the environment of the contract and nothing of ours', async () => {
  process.env['LEAKED_FROM_THE_SHELL'] = 'yes';
  await withModel(async ({ juju, charm, inCharm, stateDir }) => {
    const path = charm('shell-dispatch', {
      'steps/install':
        'tr "\\0" "\\n" < /proc/self/environ > "$CHARM_DIR/env"\npwd -P > "$CHARM_DIR/cwd"\nreadlink /proc/self/fd/0 > "$CHARM_DIR/stdin"\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();
    const { apiAddress } = await juju.ping();

    const lines = readFileSync(inCharm('shell-dispatch/0', 'env'), 'utf8').trim().split('\n');
    const environment = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const agentDir = `${stateDir}/m/0/unit-shell-dispatch-0`;
    const { JUJU_CONTEXT_ID: contextId, ...others } = environment;
    assert.match(contextId ?? '', /^shell-dispatch\/0-install-[0-9a-f]+$/u);
    assert.deepEqual(others, {
      APT_LISTCHANGES_FRONTEND: 'none',
      CHARM_DIR: `${agentDir}/charm`,
      CLOUD_API_VERSION: '',
      DEBIAN_FRONTEND: 'noninteractive',
      JUJU_AGENT_SOCKET_ADDRESS: `${agentDir}/agent.socket`,
      JUJU_AGENT_SOCKET_NETWORK: 'unix',
      JUJU_API_ADDRESSES: apiAddress,
      JUJU_AVAILABILITY_ZONE: '',
      JUJU_CHARM_DIR: `${agentDir}/charm`,
      JUJU_CHARM_FTP_PROXY: '',
      JUJU_CHARM_HTTPS_PROXY: '',
      JUJU_CHARM_HTTP_PROXY: '',
      JUJU_CHARM_NO_PROXY: '',
      JUJU_DISPATCH_PATH: 'hooks/install',
      JUJU_HOOK_NAME: 'install',
      JUJU_MACHINE_ID: '0',
      JUJU_MODEL_NAME: 'local',
      JUJU_MODEL_UUID: model.uuid,
      JUJU_PRINCIPAL_UNIT: '',
      JUJU_SLA: 'unsupported',
      JUJU_UNIT_NAME: 'shell-dispatch/0',
      JUJU_VERSION: '3.6.9',
      LANG: 'C.UTF-8',
      PATH: `${stateDir}/m/0/tools/unit-shell-dispatch-0:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin`,
      TERM: 'tmux-256color',
    });
    const read = (name: string): string => readFileSync(inCharm('shell-dispatch/0', name), 'utf8');
    assert.equal(read('cwd').trim(), `${agentDir}/charm`, 'E6: it stands in the charm directory');
    assert.equal(read('stdin').trim(), '/dev/null', 'E20: it has no stdin');
  });
});

test('E60, E61, E63: a failed hook leaves the bags as they were, its status stays', async () => {
  await withModel(async ({ juju, charm, trace }) => {
    const path = charm('shell-dispatch', {
      'steps/config-changed':
        'relation-set -r cluster:0 half=done\nstatus-set maintenance "in the middle"\n[ "$(config-get greeting)" != bad ] || exit 1\n',
    });
    await juju.deploy({ path, units: 2, config: { greeting: 'bad' } });
    const failed = await juju.settled();

    assert.equal(failed.relations['0']?.units['shell-dispatch/0']?.bag.settings['half'], undefined);
    const unit = failed.units['shell-dispatch/0'];
    assert.equal(unit?.workloadStatus.message, 'in the middle');
    assert.equal(unit?.agentStatus.message, 'hook failed: "config-changed"');
    assert.deepEqual(
      (await trace('shell-dispatch/1')).filter((event) => event.includes('relation-changed')),
      [],
      'the other unit hears of nothing',
    );

    await juju.setConfig('shell-dispatch', { greeting: 'good' });
    for (const name of ['shell-dispatch/0', 'shell-dispatch/1']) await juju.resolve(name);
    const mended = await juju.settled();

    assert.equal(mended.relations['0']?.units['shell-dispatch/0']?.bag.settings['half'], 'done');
    assert.equal(mended.units['shell-dispatch/0']?.workloadStatus.status, 'active');
  });
});

test('E66: losing the leadership between relation-set --app and exit fails the hook', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/leader-elected':
        'relation-set --app -r cluster:0 by="$JUJU_UNIT_NAME"\ntouch "$CHARM_DIR/written"\n' +
        'while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n',
    });
    await juju.deploy({ path, units: 2 });
    const holds = await juju.waitFor(
      (model) =>
        Object.values(model.units).some(
          (unit) => unit.agentStatus.message === 'running leader-elected hook',
        ),
      'the leader to run its hook',
    );
    const leader = holds.applications['shell-dispatch']?.lease?.holder ?? '';
    const other = leader === 'shell-dispatch/0' ? 'shell-dispatch/1' : 'shell-dispatch/0';
    await untilFile(inCharm(leader, 'written'));

    await juju.faults.expireLease('shell-dispatch');
    writeFileSync(inCharm(leader, 'go'), '');
    const model = await juju.waitFor(
      (now) => now.units[leader]?.agentStatus.status === 'error',
      'the former leader to fail',
    );

    assert.equal(model.units[leader]?.agentStatus.message, 'hook failed: "leader-elected"');
    assert.deepEqual(model.relations['0']?.applicationBags['shell-dispatch']?.settings ?? {}, {});
    assert.equal(model.applications['shell-dispatch']?.lease?.holder, other);
    writeFileSync(inCharm(other, 'go'), '');
  });
});

test('E81, E83, E85: a failed hook is tried again as it was, and no other hook comes before it', async () => {
  await withModel(async ({ juju, charm, inCharm, trace }) => {
    const path = charm('shell-dispatch', {
      'steps/cluster-relation-departed':
        '[ "$JUJU_UNIT_NAME" = shell-dispatch/1 ] || [ -e "$CHARM_DIR/mended" ] || exit 4\n',
    });
    await juju.deploy({ path, units: 2 });
    await juju.settled();
    await juju.removeUnit('shell-dispatch/1');
    await juju.settled();
    await juju.setConfig('shell-dispatch', { greeting: 'later' });
    await juju.settled();
    const departed =
      'cluster-relation-departed app=shell-dispatch unit=shell-dispatch/1 departing=shell-dispatch/1';
    assert.equal((await trace('shell-dispatch/0')).at(-1), departed);

    writeFileSync(inCharm('shell-dispatch/0', 'mended'), '');
    await juju.resolve('shell-dispatch/0');
    await juju.settled();

    assert.deepEqual((await trace('shell-dispatch/0')).slice(-3), [
      departed,
      departed,
      'config-changed',
    ]);
  });
});

test('E4, E5: a missing handler is success, one without its execute bit fails the hook', async () => {
  await withModel(async ({ juju, charm }) => {
    const path = charm('shell-hooks');
    rmSync(`${path}/hooks/install`);
    chmodSync(`${path}/hooks/start`, 0o644);
    await juju.deploy({ path, application: 'client' });
    const model = await juju.settled();

    assert.equal(model.units['client/0']?.agentStatus.message, 'hook failed: "start"');
    const messages = (await logOf(juju)).map((line) => line.message);
    assert.ok(messages.includes('skipped "install" hook (missing)'));
    assert.ok(messages.includes('ran "config-changed" hook (via explicit, bespoke hook script)'));
    assert.ok(
      messages.some((message) => /"start" hook|hook "start".*permission denied/u.test(message)),
    );
  });
});

test('a script without an interpreter line fails as the kernel says, and is not given to a shell', async () => {
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: charm('shell-hooks', { 'hooks/install': 'exit 0\n' }) });
    const model = await juju.settled();

    assert.equal(model.units['shell-hooks/0']?.agentStatus.message, 'hook failed: "install"');
    const [line] = await logOf(juju, { level: 'ERROR' });
    assert.match(line?.message ?? '', /exec format error/u);
  });
});

test('E21, E80: stdout is logged at DEBUG and stderr at WARNING under the hook, a failure with its exit status', async () => {
  await withModel(async ({ juju, charm }) => {
    const path = charm('shell-dispatch', {
      'steps/install': 'echo "to stdout"; echo "to stderr" >&2; printf "no newline"; exit 3\n',
    });
    await juju.deploy({ path });
    await juju.settled();

    const lines = await logOf(juju, { include: ['shell-dispatch/0'] });
    const find = (message: string): string[] =>
      lines
        .filter((line) => line.message === message)
        .map(({ level, logger }) => `${level} ${logger}`);
    assert.deepEqual(find('to stdout'), ['DEBUG unit.shell-dispatch/0.install']);
    assert.deepEqual(find('no newline'), ['DEBUG unit.shell-dispatch/0.install']);
    assert.deepEqual(find('to stderr'), ['WARNING unit.shell-dispatch/0.install']);
    assert.deepEqual(
      find('hook "install" (via hook dispatching script: dispatch) failed: exit status 3'),
      ['ERROR juju.worker.uniter.operation'],
    );
    const visible = await logOf(juju, { level: 'INFO' });
    assert.equal(
      visible.some((line) => line.message === 'to stdout'),
      false,
    );
  });
});

test('E22, E105: a child that keeps stdout does not hold up the hook, and its tools fail afterwards', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/install':
        '( while [ ! -e "$CHARM_DIR/go" ]; do sleep 0.02; done\n' +
        '  status-set active late 2> "$CHARM_DIR/answer" || echo $? >> "$CHARM_DIR/answer"\n' +
        '  mv "$CHARM_DIR/answer" "$CHARM_DIR/said" ) &\n' +
        'echo "$JUJU_CONTEXT_ID" > "$CHARM_DIR/context"\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();
    assert.equal(model.units['shell-dispatch/0']?.workloadStatus.message, 'hello');

    writeFileSync(inCharm('shell-dispatch/0', 'go'), '');
    const said = inCharm('shell-dispatch/0', 'said');
    await untilFile(said);

    const context = readFileSync(inCharm('shell-dispatch/0', 'context'), 'utf8').trim();
    assert.equal(
      readFileSync(said, 'utf8'),
      `ERROR bad request: wrong context ID; got "${context}"\n1\n`,
    );
    assert.equal((await juju.model()).units['shell-dispatch/0']?.workloadStatus.message, 'hello');
  });
});

test('H2, H6: tools take stdin only when asked to, and say what is missing outside of a hook', async () => {
  await withModel(async ({ juju, charm, inCharm }) => {
    const path = charm('shell-dispatch', {
      'steps/start':
        'printf "a: first\\nb: second\\n" | { is-leader; relation-set -r cluster:0 --file -; }\n' +
        'relation-get -r cluster:0 - "$JUJU_UNIT_NAME" -o got\n' +
        '( unset JUJU_CONTEXT_ID; is-leader ) 2> no-context || echo $? >> no-context\n' +
        '( JUJU_AGENT_SOCKET_ADDRESS=/nowhere is-leader ) 2> no-socket || echo $? >> no-socket\n' +
        'is-leader --frob 2> usage || echo $? >> usage\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();

    const bag = model.relations['0']?.units['shell-dispatch/0']?.bag.settings;
    assert.deepEqual([bag?.['a'], bag?.['b']], ['first', 'second']);
    const read = (name: string): string => readFileSync(inCharm('shell-dispatch/0', name), 'utf8');
    assert.match(read('got'), /^a: first$/mu);
    assert.equal(read('no-context'), 'ERROR JUJU_CONTEXT_ID not set\n1\n');
    assert.equal(
      read('no-socket'),
      'ERROR dial unix /nowhere: connect: no such file or directory\n1\n',
    );
    assert.equal(read('usage'), 'ERROR option provided but not defined: --frob\n2\n');
  });
});

test('H44, H151: a bag of a megabyte goes through stdin whole', async () => {
  await withModel(async ({ juju, charm }) => {
    const path = charm('shell-dispatch', {
      'steps/start':
        '{ printf "big: "; head -c 1000000 /dev/zero | tr "\\0" x; echo; } | relation-set -r cluster:0 --file -\n' +
        '[ "$(relation-get -r cluster:0 big "$JUJU_UNIT_NAME" | wc -c)" = 1000001 ]\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();

    assert.equal(model.relations['0']?.units['shell-dispatch/0']?.bag.settings['big']?.length, 1e6);
  });
});
