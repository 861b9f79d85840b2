// The command line as a person uses it: what is printed, what a mistake says, what the exit code is.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { charmsDir, copyCharm, processesOf } from './with-model.ts';

const program = fileURLToPath(new URL('../../bin/juju-local.ts', import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let base = '';
let stateDir = '';

before(() => {
  base = mkdtempSync(join(tmpdir(), 'jc-'));
  stateDir = join(base, 's');
});

after(() => {
  run('destroy', '--force');
  assert.deepEqual(processesOf(base), []);
  rmSync(base, { recursive: true, force: true });
});

function run(...args: readonly string[]): Ran {
  return runAs({}, args);
}

function runAs(
  options: { readonly uid?: number; readonly gid?: number; readonly env?: NodeJS.ProcessEnv },
  args: readonly string[],
): Ran {
  const result = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, JUJU_LOCAL_DATA: stateDir },
    ...options,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function ok(...args: readonly string[]): string {
  const { code, out, err } = run(...args);
  assert.equal(code, 0, `juju-local ${args.join(' ')}: ${err}`);
  return out;
}

test('a session: deploy, wait, look, configure, run, integrate, remove, destroy', () => {
  assert.match(
    ok('deploy', join(charmsDir, 'shell-dispatch'), 'db', '-n', '2'),
    /^Deployed "db" from local:shell-dispatch-0$/mu,
  );
  ok('model-config', 'update-status-hook-interval=0');
  ok('wait-for', 'application', 'db', '--query', 'status=="active"', '--timeout', '30s');
  ok('wait-for', 'model');

  const status = ok('status', '--relations', '--storage');
  assert.match(status, /^db\/0\*? +active +idle +0 +127\.\d+\.\d+\.10 +hello$/mu);
  assert.match(status, /^db:cluster +db:cluster +shell-cluster +peer/mu);
  const json = JSON.parse(ok('status', '--format', 'json')) as { applications: object };
  assert.deepEqual(Object.keys(json.applications), ['db']);
  assert.match(ok('show-unit', 'db/0'), /^db\/0:\n/u);

  ok('config', 'db', 'greeting=good day', 'level=3');
  assert.equal(ok('config', 'db', 'greeting'), 'good day\n');
  assert.match(
    run('config', 'db', 'greting').err,
    /key "greting" not found.*Did you mean greeting\?/u,
  );
  writeFileSync(join(base, 'text'), 'from a file');
  ok('config', 'db', `greeting=@${join(base, 'text')}`, '--file', writeConfig());
  assert.equal(ok('config', 'db', 'greeting'), 'from a file\n');
  assert.equal(ok('config', 'db', 'level'), '3\n');
  assert.match(ok('config', 'db'), /value: from a file/u);
  ok('config', 'db', '--reset', 'greeting,level');
  assert.equal(ok('config', 'db', 'greeting'), 'hello\n');
  assert.equal(ok('model-config', 'automatically-retry-hooks'), 'true\n');

  assert.match(ok('run', 'db/leader', 'echo', 'text=hi'), /^text: hi\n/u);
  const asJson = JSON.parse(ok('run', 'db/0', 'db/1', 'echo', '--format', 'json')) as object;
  assert.deepEqual(Object.keys(asJson), ['db/0', 'db/1']);
  assert.match(ok('run', 'db/0', 'echo', '--background'), /show-operation \d+/u);
  ok('wait-for', 'model');
  assert.match(ok('operations'), /^Operation +Task +Unit/u);
  assert.match(ok('show-task', '2'), /^status: completed$/mu);
  assert.match(ok('show-operation', '1'), /tasks:/u);
  assert.match(ok('actions', 'db'), /^echo +Gives back/mu);
  assert.equal(ok('exec', '--unit', 'db/0', '--', 'echo', "it's", '$HOME'), "it's $HOME\n");
  assert.match(
    ok('exec', '--application', 'db', 'unit-get private-address'),
    /^db\/0:\n {2}127\./u,
  );

  ok('deploy', join(charmsDir, 'shell-hooks'), 'client', '--config', writeConfig());
  ok('relate', 'client', 'db:db');
  ok('wait-for', 'unit', 'client/0');
  ok('remove-relation', 'client', 'db');
  ok('expose', 'db');
  ok('trust', 'db');
  ok('wait-for', 'model');

  assert.match(ok('add-secret', 'mine', 'password=tea'), /^secret:[0-9a-v]{20}\n$/u);
  ok('grant-secret', 'mine', 'client');
  assert.match(ok('secrets'), /mine +<model> +never +1/u);
  assert.doesNotMatch(ok('show-secret', 'mine'), /tea/u);
  assert.match(ok('show-secret', 'mine', '--reveal'), /password: tea/u);

  const log = ok('debug-log', '--replay', '--include', 'db/0', '--level', 'debug');
  assert.match(log, /^unit-db-0: \d\d:\d\d:\d\d DEBUG unit\.db\/0\.install event: install$/mu);
  assert.doesNotMatch(log, /unit-db-1/u);
  const dated = ok('debug-log', '--replay', '--limit', '1', '--date', '--exclude', 'controller-0');
  assert.match(dated, /^unit-[a-z]+-\d: \d{4}-\d\d-\d\d [^\n]*\n$/u);
  assert.match(ok('status', 'client', '--format', 'yaml'), /^applications:\n {2}client:/mu);
  assert.match(ok('show-unit', 'db/0', '--format', 'json', '--endpoint', 'cluster'), /"cluster"/u);
  assert.match(ok('model-config', '--format', 'yaml'), /^update-status-hook-interval: 0s$/mu);
  assert.match(ok('model-config'), /^Attribute +Value$/mu);
  ok('model-config', '--reset', 'http-proxy,no-proxy');
  assert.match(run('run', 'db/0', 'fail', 'how=fail').out, /as asked/u);
  writeFileSync(join(base, 'params'), 'text: from a file');
  assert.match(
    ok('run', 'db/0', 'echo', 'times=3', '--params', join(base, 'params'), '--format', 'yaml'),
    /text: from a file/u,
  );
  assert.match(run('run', 'db/0', 'echo', 'times=3', '--string-args').err, /validation failed/u);
  ok(
    'deploy',
    join(charmsDir, 'shell-dispatch'),
    'third',
    '--to',
    '0',
    '--storage',
    'pgdata=1',
    '--resource',
    `notes=${join(base, 'params')}`,
    '--trust',
  );
  ok('remove-application', 'third', '--force');
  assert.equal(ok('debug-log', '-n', '2').trim().split('\n').length, 2);

  assert.match(
    ok('refresh', 'db', '--path', join(charmsDir, 'shell-dispatch')),
    /shell-dispatch-2/u,
  );
  ok('wait-for', 'model');
  ok('fault', 'fail-hook', 'db/0', '--exit', '4');
  ok('config', 'db', 'greeting=other');
  ok('wait-for', 'model');
  assert.match(ok('status'), /^db\/0\*? +error +idle .*hook failed: "config-changed"$/mu);
  ok('resolved', 'db/0', '--no-retry');
  ok('add-unit', 'db');
  ok('remove-unit', 'db/1', '--no-prompt');
  ok('wait-for', 'model');
  ok('remove-application', 'client');
  assert.match(ok('destroy', '--no-prompt'), /^Model destroyed/u);
  assert.equal(existsSync(stateDir), false);
});

function writeConfig(): string {
  const file = join(base, 'config.yaml');
  writeFileSync(file, 'client: {}\ndb:\n  level: 3\n');
  return file;
}

test('status --watch shows the model again after each change until it is broken off', async () => {
  ok('bootstrap');
  const watching = spawn(process.execPath, [program, 'status', '--watch', '10ms'], {
    env: { ...process.env, JUJU_LOCAL_DATA: stateDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  const sawIt = Promise.withResolvers<void>();
  watching.stdout.on('data', (chunk: Buffer) => {
    const first = shown === '';
    shown += chunk.toString();
    if (first) ok('deploy', join(charmsDir, 'shell-hooks'), 'late');
    if (shown.includes('late')) sawIt.resolve();
  });
  await sawIt.promise;
  watching.kill();
  assert.match(shown, /^\u001B\[2J/u);
  ok('destroy', '--force');
});

test('a mistake is one line that says what to change, with exit code 1, or 2 for usage', () => {
  const wrong = (code: number, message: RegExp, ...args: readonly string[]): void => {
    const ran = run(...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.out}${ran.err}`);
    assert.match(ran.err, message);
    assert.match(ran.err, /^ERROR /mu);
    assert.doesNotMatch(ran.err, /^ {4}at /mu, 'no stack trace');
  };
  wrong(1, /no model in ".*". Make one with "juju-local bootstrap"/u, 'status');
  wrong(2, /unknown command 'stauts'\n\(Did you mean status\?\)/u, 'stauts');
  wrong(
    2,
    /unknown option '--num-unit'\n\(Did you mean --num-units\?\)/u,
    'deploy',
    'x',
    '--num-unit',
  );
  wrong(2, /missing required argument/u, 'deploy');
  wrong(1, /no charm was found at ".\/nowhere"/u, 'deploy', './nowhere');
  wrong(1, /invalid number of units "many"/u, 'deploy', charmsDir, '-n', 'many');
  ok('bootstrap');
  wrong(1, /application "db" not found. Nothing is deployed/u, 'config', 'db');
  wrong(1, /application "db" not found/u, 'add-unit', 'db');
  wrong(1, /invalid unit name "db"/u, 'remove-unit', 'db');
  wrong(1, /no unit specified/u, 'run', 'backup');
  wrong(1, /no unit to run the command on/u, 'exec', 'true');
  wrong(1, /unknown format "xml"/u, 'status', '--format', 'xml');
  wrong(1, /expected "key=value"/u, 'add-secret', 'mine', 'novalue');
  wrong(1, /key "frob" not found/u, 'model-config', 'frob=1');
  wrong(1, /key "frob" not found/u, 'model-config', 'frob');
  wrong(1, /can only retrieve a single value/u, 'model-config', 'frob', 'x=1');
  wrong(1, /secret "nope" not found/u, 'show-secret', 'nope');
  wrong(1, /machine 9 not found/u, 'fault', 'pause', '9');
  wrong(1, /application "db" not found/u, 'fault', 'expire-lease', 'db');
  wrong(1, /unit "db\/0" not found/u, 'fault', 'restart-agent', 'db/0');
  wrong(1, /cannot dance the controller/u, 'fault', 'controller', 'dance');
  wrong(1, /cannot wait for "godot"/u, 'wait-for', 'godot');
  wrong(
    1,
    /cannot understand query "life>1"/u,
    'wait-for',
    'application',
    'db',
    '--query',
    'life>1',
  );
  wrong(
    1,
    /waiting for db\/0 to be active: it is not there/u,
    'wait-for',
    'unit',
    'db/0',
    '--timeout',
    '100ms',
  );
  wrong(1, /no unit specified/u, 'resolved');
  wrong(1, /no action specified/u, 'run', 'db/0');
  wrong(1, /task 9 not found/u, 'show-task', '9');
  wrong(1, /operation "9" not found/u, 'show-operation', '9');
  wrong(1, /application "b" not found/u, 'integrate', 'a', 'b');
  wrong(1, /configuration file "greeting" not found/u, 'deploy', charmsDir, '--config', 'greeting');
  wrong(1, /archive file "metadata.yaml" not found/u, 'deploy', charmsDir);
  wrong(1, /cannot read duration "soon"/u, 'wait-for', 'model', '--timeout', 'soon');
  wrong(
    1,
    /timed out after 0.2 s waiting for db to be active: it has no units/u,
    'wait-for',
    'application',
    'db',
    '--timeout',
    '200ms',
  );
  wrong(1, /holds other files \("notes"\) and no model/u, '--state-dir', strangers(), 'bootstrap');
  wrong(
    1,
    /has \d+ bytes, but unix sockets below it need it to have at most 47/u,
    '--state-dir',
    join(base, 'x'.repeat(60)),
    'bootstrap',
  );
  ok('destroy', '--force');
});

function strangers(): string {
  const folder = join(base, 'o');
  mkdirSync(folder);
  writeFileSync(join(folder, 'notes'), '');
  return folder;
}

test("an ordinary user has a model of his own, and another user's is refused", (context) => {
  if (process.getuid?.() !== 0) {
    context.skip('only root can become somebody else');
    return;
  }
  const nobody = { uid: 65534, gid: 65534 };
  const home = join(base, 'h');
  mkdirSync(home);
  chmodSync(base, 0o711);
  chownSync(home, nobody.uid, nobody.gid);
  const charm = copyCharm(base, 'shell-dispatch', {
    'steps/start': 'setsid sleep 300 > /dev/null 2>&1 < /dev/null & id -u > "$CHARM_DIR/uid"\n',
  });
  chmodSync(charm, 0o755);
  const own = { ...nobody, env: { PATH: process.env['PATH'], HOME: home } };
  const ran = (...args: readonly string[]): string => {
    const result = runAs(own, args);
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.err}`);
    return result.out;
  };
  const dir = join(home, 'd');
  ran('--state-dir', dir, 'deploy', charm);
  ran('--state-dir', dir, 'wait-for', 'application', 'shell-dispatch', '--timeout', '30s');
  assert.equal(
    ran('--state-dir', dir, 'exec', '--unit', 'shell-dispatch/0', 'cat uid; is-leader'),
    '65534\nTrue\n',
  );
  ran('--state-dir', dir, 'destroy');
  assert.equal(existsSync(dir), false);
  assert.deepEqual(processesOf(base), []);

  ok('bootstrap');
  const refused = runAs({ ...own, env: { ...own.env, JUJU_LOCAL_DATA: stateDir } }, ['status']);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^ERROR .*(?:another user|cannot be written by this user)/u);
  ok('destroy', '--force');
});
