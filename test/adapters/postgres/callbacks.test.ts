// Callbacks and titles of processes, without a server.

import assert from 'node:assert/strict';
import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { createCallbacks } from '#adapters/postgres/callbacks.ts';
import { isClientBackend } from '#adapters/postgres/stop-server.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { serverIdentity, temporaryDirectory } from '../pg/with-postgres.ts';

const silent = (): void => undefined;
const log: LogPort = {
  debug: silent,
  info: silent,
  warning: silent,
  error: silent,
  critical: silent,
};

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true');
    await sleep(10);
  }
}

describe('createCallbacks()', () => {
  it('gives event, role and scope, without a shell', async () => {
    await using directory = await temporaryDirectory();
    const identity = await serverIdentity();
    await chown(directory.path, identity.uid, identity.gid);
    const script = join(directory.path, 'callback.sh');
    const out = join(directory.path, 'out');
    await writeFile(script, `#!/bin/sh\nprintf '%s|' "$@" > ${out}\n`);
    await chmod(script, 0o755);
    const callbacks = createCallbacks('scope', identity, log);
    callbacks.run('on_start', 'primary', `${script} 'a b' $HOME;`);
    await callbacks.settled();
    assert.equal(await readFile(out, 'utf8'), 'a b|$HOME;|on_start|primary|scope|');
  });

  it('ends the one that runs, and what it started, for the next one; not for a reload', async () => {
    await using directory = await temporaryDirectory();
    const identity = await serverIdentity();
    await chown(directory.path, identity.uid, identity.gid);
    const script = join(directory.path, 'callback.sh');
    const file = (name: string): string => join(directory.path, name);
    await writeFile(
      script,
      `#!/bin/sh
cd ${directory.path}
if [ "$1" = on_start ]; then sleep 300 & echo $! > child; echo $$ > parent; wait; fi
echo done > "$1"
`,
    );
    await chmod(script, 0o755);
    const read = async (name: string): Promise<string> =>
      readFile(file(name), 'utf8').catch(() => '');
    const callbacks = createCallbacks('scope', identity, log);
    callbacks.run('on_start', 'replica', script);
    await until(async () => (await read('parent')) !== '');
    callbacks.run('on_reload', 'replica', script);
    await until(async () => (await read('on_reload')) !== '');
    const child = Number(await read('child'));
    process.kill(child, 0);
    callbacks.run('on_role_change', 'primary', script);
    await callbacks.settled();
    assert.equal(await read('on_role_change'), 'done\n');
    assert.equal(await read('on_start'), '');
    await until(async () => {
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '');
      return stat === '' || stat.includes(') Z ');
    });
  });
});

describe('isClientBackend()', () => {
  it('tells clients from helpers by the titles of PostgreSQL 13 to 18', () => {
    const helpers = [
      'postgres: checkpointer ',
      'postgres: test-cluster: checkpointer ',
      'postgres: test: walwriter ',
      'postgres: walsender replicator 127.0.0.1(1) streaming 0/3000060',
      'postgres: a: walreceiver streaming 0/3000060',
      'postgres: a: logical replication launcher ',
      'postgres: a: startup recovering 000000010000000000000003',
      'postgres: a: background writer ',
      'postgres: a: autovacuum worker db',
      'postgres: a: io worker 0',
      'postgres: a: slotsync worker ',
    ];
    for (const title of helpers) assert.equal(isClientBackend(title), false, title);
    const clients = ['postgres: a: app db 10.0.0.1(4) idle', 'postgres: app db [local] SELECT'];
    for (const title of clients) assert.equal(isClientBackend(title), true, title);
    assert.equal(isClientBackend('sh'), false);
  });
});
