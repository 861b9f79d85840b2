// The watchdog device, held by its keeper. A machine that runs tests has none: a file stands for one, and a keeper
// that leaves out the one call a file does not know.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLinuxWatchdog } from '#adapters/watchdog/linux-watchdog.ts';
import type { WatchdogConfig } from '#core/config/patroni/agent-config.ts';
import { recordingLog } from '../../agent/rest/fake-host.ts';

const realKeeper = fileURLToPath(
  new URL('../../../src/adapters/watchdog/keeper.pl', import.meta.url),
);

interface Machine {
  readonly directory: string;
  readonly device: string;
  readonly lines: string[];
}

async function machine(t: TestContext): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), 'pg-agent-watchdog-'));
  t.after(async () => rm(directory, { recursive: true, force: true }));
  const device = join(directory, 'watchdog');
  await writeFile(device, '');
  return { directory, device, lines: [] };
}

/** The real keeper, where setting the timeout works. */
async function obligingKeeper({ directory }: Machine): Promise<string> {
  const text = await readFile(realKeeper, 'utf8');
  const path = join(directory, 'keeper.pl');
  const replaced = text.replace('ioctl($watchdog, $set_timeout, $seconds)', '1');
  assert.notEqual(replaced, text);
  await writeFile(path, replaced);
  return path;
}

function watchdogOf(
  { device, lines }: Machine,
  keeper: string,
  changes: Partial<WatchdogConfig> = {},
) {
  const config = { mode: 'required', device, safetyMarginSeconds: 5, ...changes } as const;
  return createLinuxWatchdog(config, recordingLog(lines), keeper);
}

test('a device is opened, fed and closed in good order', async (t) => {
  const here = await machine(t);
  const watchdog = watchdogOf(here, await obligingKeeper(here));
  assert.ok(watchdog.isHealthy && !watchdog.isRunning);
  assert.equal(await watchdog.activate(30, 10), true);
  assert.ok(watchdog.isRunning);
  await watchdog.keepalive();
  assert.equal(await readFile(here.device, 'utf8'), '11');
  await watchdog.disable();
  assert.equal(await readFile(here.device, 'utf8'), '11V');
  assert.ok(!watchdog.isRunning && watchdog.isHealthy);
  assert.deepEqual(here.lines, [
    `info ${here.device} activated with 25 second timeout, timing slack 15 seconds`,
  ]);
});

test('who is closed twice at the same time is closed once, and nothing is wrong with that', async (t) => {
  const here = await machine(t);
  const watchdog = watchdogOf(here, await obligingKeeper(here));
  await watchdog.activate(30, 10);
  await Promise.all([watchdog.keepalive(), watchdog.disable(), watchdog.disable()]);
  assert.equal(await readFile(here.device, 'utf8'), '11V');
  assert.deepEqual(
    here.lines.filter((line) => !line.startsWith('info')),
    [],
  );
});

test('activated again it begins anew', async (t) => {
  const here = await machine(t);
  const watchdog = watchdogOf(here, await obligingKeeper(here));
  await watchdog.activate(30, 10);
  await watchdog.activate(20, 5);
  await watchdog.disable();
  assert.match(
    here.lines.at(-1) ?? '',
    /activated with 15 second timeout, timing slack 10 seconds$/u,
  );
  assert.equal((await readFile(here.device, 'utf8')).at(-1), 'V');
});

test('a device that is none is closed again, and a member that needs one may not lead', async (t) => {
  const here = await machine(t);
  const watchdog = watchdogOf(here, realKeeper);
  assert.equal(await watchdog.activate(30, 10), false);
  assert.ok(!watchdog.isRunning && !watchdog.isHealthy);
  assert.match(
    here.lines[0] ?? '',
    /^error Configuration requires watchdog.*Inappropriate ioctl for device$/u,
  );
  assert.equal(await readFile(here.device, 'utf8'), 'V');
});

test('without a device a member that needs one may not lead, and one that would use it may', async (t) => {
  const here = await machine(t);
  await rm(here.device);
  const required = watchdogOf(here, realKeeper);
  assert.ok(!required.isHealthy);
  assert.equal(await required.activate(30, 10), false);
  const automatic = watchdogOf(here, realKeeper, { mode: 'automatic' });
  assert.equal(await automatic.activate(30, 10), true);
  assert.equal(await automatic.activate(30, 10), true);
  assert.ok(automatic.isHealthy && !automatic.isRunning);
  assert.equal(here.lines.filter((line) => line.startsWith('info')).length, 1, 'said once');
});

test('a device that comes back makes a member fit to lead again', async (t) => {
  const here = await machine(t);
  await rm(here.device);
  const watchdog = watchdogOf(here, await obligingKeeper(here));
  assert.ok(!watchdog.isHealthy);
  await writeFile(here.device, '');
  assert.ok(watchdog.isHealthy);
  assert.equal(await watchdog.activate(30, 10), true);
  await watchdog.disable();
});

test('a watchdog that is off is never asked for', async (t) => {
  const here = await machine(t);
  await chmod(here.device, 0o000);
  const watchdog = watchdogOf(here, '/nonexistent', { mode: 'off' });
  assert.equal(await watchdog.activate(30, 10), true);
  await watchdog.keepalive();
  await watchdog.disable();
  assert.ok(watchdog.isHealthy && !watchdog.isRunning);
});

test('a timeout that leaves no time for a turn is refused before the device is opened', async (t) => {
  const here = await machine(t);
  const watchdog = watchdogOf(here, await obligingKeeper(here), { safetyMarginSeconds: -1 });
  assert.equal(await watchdog.activate(15, 10), false);
  assert.match(here.lines[0] ?? '', /leader TTL 15 is less than 2x loop_wait 10$/u);
  assert.equal(await readFile(here.device, 'utf8'), '');
});

test('a keeper that ends by itself is noticed, and the device is not disarmed', async (t) => {
  const here = await machine(t);
  const keeper = join(here.directory, 'dying.pl');
  await writeFile(keeper, 'print "ok\\n"; $| = 1; <STDIN>; print "ok\\n"; <STDIN>; exit 1;');
  const watchdog = watchdogOf(here, keeper);
  await watchdog.activate(30, 10);
  await watchdog.keepalive();
  await watchdog.keepalive();
  assert.ok(!watchdog.isRunning);
  assert.equal(await readFile(here.device, 'utf8'), '');
  assert.ok(here.lines.some((line) => line.includes('keepalive')));
});
