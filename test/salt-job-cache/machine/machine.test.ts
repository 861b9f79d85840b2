// The program beside the hooks on a real machine: the master's file and its rights, and a service that is run, run anew
// and ended.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readProcess, signalProcess } from '#adapters/system/process-table.ts';
import { answer } from '#salt-job-cache/machine/answer.ts';
import { writeMasterFile } from '#salt-job-cache/machine/master-file.ts';
import { machinePlaceOf } from '#salt-job-cache/machine/place.ts';
import type { ConfigureRequest, MachineAnswer } from '#salt-job-cache/machine/request.ts';
import { systemdUnit } from '#salt-job-cache/machine/service-plan.ts';

const deadlineMs = 20_000;
const base = mkdtempSync(join(tmpdir(), 'job-cache-'));
after(() => rmSync(base, { recursive: true }));

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A service that tells its process and its configuration, and ends when it is asked to. */
const service = `
  const { readFileSync, renameSync, writeFileSync } = require('node:fs');
  const { place } = JSON.parse(readFileSync(process.argv[4], 'utf8'));
  writeFileSync(place + '.new', JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }));
  renameSync(place + '.new', place);
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => {}, 1000);
`;

const supervisor = fileURLToPath(
  new URL('../../../src/adapters/supervise/main.ts', import.meta.url),
);

/** A charm with nothing in it but what runs the service, on a loopback network. */
class Unit implements AsyncDisposable {
  readonly charmDir: string = mkdtempSync(join(base, 'charm-'));
  readonly place = machinePlaceOf(this.charmDir, 'cache/0');
  readonly said: string = join(this.charmDir, 'said.json');

  constructor() {
    mkdirSync(join(this.charmDir, 'bin'));
    mkdirSync(join(this.charmDir, 'lib'));
    mkdirSync(this.masterDirectory);
    symlinkSync(process.execPath, join(this.charmDir, 'bin/node'));
    writeFileSync(join(this.charmDir, 'lib/salt-job-cache.cjs'), service);
    writeFileSync(
      join(this.charmDir, 'lib/supervise.cjs'),
      `import(${JSON.stringify(supervisor)})`,
    );
  }

  get masterDirectory(): string {
    return join(this.charmDir, 'master.d');
  }

  get file(): string {
    return join(this.masterDirectory, 'job-cache.conf');
  }

  request(change: Partial<ConfigureRequest> = {}, version = '1'): ConfigureRequest {
    return {
      command: 'configure',
      unit: { unit: 'cache/0', charmDir: this.charmDir, version, isLoopback: true },
      place: this.place,
      service: JSON.stringify({ place: this.said }),
      master: {
        directory: this.masterDirectory,
        text: 'a: 1\n',
        user: 'nobody-here',
        dropIn: '',
        hasSeveralServers: false,
        isRestartNeeded: false,
        isPrimaryNew: false,
      },
      mayRestartMaster: false,
      outdated: [],
      ...change,
    };
  }

  get pid(): number | null {
    if (!existsSync(this.said)) return null;
    return (JSON.parse(readFileSync(this.said, 'utf8')) as { readonly pid: number }).pid;
  }

  async remove(): Promise<MachineAnswer> {
    const { unit, place } = this.request();
    const directory = this.masterDirectory;
    return answer({ command: 'remove', unit, place, directory, mayRestartMaster: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

test('the service runs with its configuration, which only its owner reads, and is left alone when asked again', async () => {
  await using unit = new Unit();
  const first = await answer(unit.request());
  await until(() => unit.pid !== null, 'the service runs');
  const { pid } = unit;

  assert.deepEqual([first.ok, first.problem, first.master], [true, null, 'written']);
  assert.equal(statSync(unit.place.config).mode & 0o777, 0o600);
  assert.equal(statSync(unit.place.directory).mode & 0o777, 0o700);
  const again = await answer(unit.request());
  assert.deepEqual(again.did, []);
  assert.equal(unit.pid, pid);
});

test('another configuration and another version of the charm are another service, a killed one comes back', async () => {
  await using unit = new Unit();
  const next = async (what: string): Promise<void> => {
    const before = unit.pid;
    await until(() => unit.pid !== before && unit.pid !== null, what);
  };
  await answer(unit.request());
  await until(() => unit.pid !== null, 'the service runs');

  await answer(unit.request({ service: JSON.stringify({ place: unit.said, more: 1 }) }));
  await next('another for another configuration');
  await answer(unit.request({ service: JSON.stringify({ place: unit.said, more: 1 }) }, '2'));
  await next('another for another version');
  const running = readProcess(unit.pid ?? 0);
  assert.ok(running !== null && signalProcess(running, 'SIGKILL'));
  await next('another for the one that was killed');
});

test('removal ends the service and takes away both files that hold a password', async () => {
  await using unit = new Unit();
  await answer(unit.request());
  await until(() => unit.pid !== null, 'the service runs');
  const { pid } = unit;

  const { ok, did } = await unit.remove();

  assert.ok(ok);
  assert.ok(did.some((sentence) => sentence.startsWith('Removed')));
  assert.equal(readProcess(pid ?? 0), null);
  assert.deepEqual([existsSync(unit.place.config), existsSync(unit.file)], [false, false]);
  assert.ok((await unit.remove()).ok, 'and once more');
});

test(
  "the master's user may read the file by its group, and nobody else may",
  { skip: process.getuid?.() === 0 ? false : 'only root can give a file to a group' },
  async () => {
    await using unit = new Unit();
    const request = unit.request();
    assert.ok(request.master);

    await answer({ ...request, master: { ...request.master, user: 'daemon' } });

    const { uid, gid, mode } = statSync(unit.file);
    const [, , , daemon] =
      readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .find((line) => line.startsWith('daemon:'))
        ?.split(':') ?? [];
    assert.deepEqual([uid, gid, mode & 0o777], [0, Number(daemon), 0o640]);
    await answer(request);
    assert.equal(statSync(unit.file).mode & 0o777, 0o600, 'a user that is not there has no group');
  },
);

test('without the directory of a master nothing is written, and it is no error', async () => {
  await using unit = new Unit();
  rmSync(unit.masterDirectory, { recursive: true });

  const { ok, master } = await answer(unit.request());

  assert.deepEqual([ok, master], [true, 'absent']);
  assert.equal(existsSync(unit.masterDirectory), false);
});

test("a directory that can't be written to is a problem with a sentence", async () => {
  await using unit = new Unit();
  rmSync(unit.masterDirectory, { recursive: true });
  mkdirSync(join(unit.file), { recursive: true });

  const { ok, problem } = await answer(unit.request());

  assert.equal(ok, false);
  assert.match(problem?.message ?? '', /^Cannot write a file of this unit: /);
});

/** Something that looks like a Salt master to whoever reads its command line. */
async function fakeMaster(configDirectory: string): Promise<ChildProcess> {
  const program = join(mkdtempSync(join(base, 'master-')), 'salt-master');
  writeFileSync(program, 'console.log("up"); setInterval(() => {}, 1000);');
  const child = spawn(process.execPath, [program, '-c', configDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

test('a master that runs with an old file is named until it ended', async () => {
  await using unit = new Unit();
  const directory = unit.charmDir;
  const child = await fakeMaster(directory);
  try {
    const base = unit.request();
    assert.ok(base.master);
    const changed = { ...base, master: { ...base.master, isRestartNeeded: true } };
    const { outdated } = await answer(changed);
    assert.deepEqual(
      outdated.map(({ pid }) => pid),
      [child.pid],
    );

    assert.deepEqual((await answer({ ...base, outdated })).outdated, outdated);
    child.kill('SIGKILL');
    await until(() => readProcess(child.pid ?? 0) === null, 'the master ended');
    assert.deepEqual((await answer({ ...base, outdated })).outdated, []);
  } finally {
    child.kill('SIGKILL');
  }
});

test('only its owner, and the group it is for, ever read the file, also where it was there with other rights', async () => {
  const folder = mkdtempSync(join(base, 'file-'));
  const path = join(folder, 'job-cache.conf');
  assert.equal(await writeMasterFile(path, 'a', null), true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(await writeMasterFile(path, 'a', null), false);
  chmodSync(path, 0o644);
  assert.equal(await writeMasterFile(path, 'a', null), true);
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const gid = process.getgid?.() ?? 0;
  assert.equal(await writeMasterFile(path, 'a', gid), true);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal(statSync(path).gid, gid);
  assert.equal(await writeMasterFile(path, 'a', gid), false);
  assert.deepEqual(readdirSync(folder), ['job-cache.conf']);
});

test('the unit of systemd names no secret, and another version is another text', () => {
  const place = machinePlaceOf('/var/lib/juju/agents/unit-cache-0/charm', 'cache/0');
  const unit = { unit: 'cache/0', charmDir: '/c%d', version: '1\n2', isLoopback: false };

  const { name, text } = systemdUnit(unit, place);

  assert.equal(name, 'job-cache-cache-0.service');
  assert.match(
    text,
    /^ExecStart=\/c%d\/bin\/node "\/c%%d\/lib\/salt-job-cache\.cjs" "serve" "--config" /m,
  );
  assert.notEqual(systemdUnit({ ...unit, version: '3' }, place).text, text);
});
