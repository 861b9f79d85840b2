// Who runs the agent, and the files that is written in.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseManager } from '#adapters/supervise/choose-manager.ts';
import type { UnitFile } from '#adapters/supervise/systemctl.ts';
import { agentPlaceOf } from '#hooks/agent/place.ts';
import type { ServiceFacts } from '#hooks/cluster/commands.ts';
import {
  agentEnvironment,
  agentProgram,
  cronFile,
  runFile,
  wakeCommand,
} from '#hooks/cluster/service-plan.ts';
import { systemdUnits } from '#hooks/cluster/systemd-units.ts';

const charmDir = '/var/lib/juju/agents/unit-postgresql-0/charm';
const service: ServiceFacts = { unit: 'postgresql/0', charmDir, version: '1', isLoopback: false };
const place = agentPlaceOf('/srv/pgdata', charmDir);

test('systemd runs the agent where it is, cron starts the supervisor where it is not, else the hook', () => {
  const machine = { isRoot: true, hasSystemd: true, hasCron: true };

  assert.equal(chooseManager(machine, service), 'systemd');
  assert.equal(chooseManager({ ...machine, hasSystemd: false }, service), 'cron');
  assert.equal(chooseManager({ ...machine, hasSystemd: false, hasCron: false }, service), 'hook');
});

test('a model on one machine and an ordinary user leave nothing in the directories of the machine', () => {
  const machine = { isRoot: true, hasSystemd: true, hasCron: true };

  assert.equal(chooseManager(machine, { ...service, isLoopback: true }), 'hook');
  assert.equal(chooseManager({ ...machine, isRoot: false }, service), 'hook');
});

test('what root acts on is where only root writes, and the agent has what it writes below the storage', () => {
  for (const path of [place.supervisor, place.supervisorPid, place.agentPid]) {
    assert.ok(path.startsWith(`${charmDir}/`), path);
  }
  for (const path of [place.config, place.facts, place.wake, place.pgpass]) {
    assert.ok(path.startsWith('/srv/pgdata/agent/'), path);
  }
});

test('the charm is woken by an event of its own, as both names of the program want it', () => {
  const event = `JUJU_DISPATCH_PATH=hooks/postgresql-role-changed '${charmDir}/dispatch'`;

  assert.deepEqual(wakeCommand(service, '/usr/bin/juju-exec'), [
    '/usr/bin/juju-exec',
    '-u',
    'postgresql/0',
    event,
  ]);
  assert.deepEqual(wakeCommand(service, '/usr/bin/juju-run'), [
    '/usr/bin/juju-run',
    'postgresql/0',
    event,
  ]);
  assert.deepEqual(wakeCommand(service, null), []);
});

test('no command line and no environment holds a secret: the configuration is named and not given', () => {
  const run = runFile({
    service,
    place,
    user: { uid: 101, gid: 104 },
    jujuExec: null,
    path: '/bin',
  });

  assert.deepEqual(run.program, [
    `${charmDir}/bin/node`,
    '--lite-mode',
    '--max-semi-space-size=1',
    `${charmDir}/lib/pg-agent.cjs`,
    place.config,
  ]);
  assert.deepEqual(Object.keys(run.environment).sort(), [
    'LANG',
    'PATH',
    'PG_AGENT_FACTS',
    'PG_AGENT_WAKE',
  ]);
});

test('cron starts the supervisor when the machine comes up', () => {
  const { path, text } = cronFile(service, place);

  assert.equal(path, '/etc/cron.d/pg-agent-postgresql-0');
  assert.match(
    text,
    /^@reboot root '\S+\/bin\/node' '\S+\/lib\/pg-supervise\.cjs' '\S+\/run\.json' /mu,
  );
});

function units(): readonly UnitFile[] {
  return systemdUnits({
    unit: service.unit,
    place,
    program: agentProgram(service, place),
    user: 'root',
    wakeCommand: wakeCommand(service, '/bin/echo'),
    environment: agentEnvironment(place, '/usr/bin:/bin'),
  });
}

test('the agent comes back whatever ended it, and leaves PostgreSQL running when it is killed', () => {
  const [agent, path, wake] = units();

  assert.equal(agent?.name, 'pg-agent-postgresql-0.service');
  assert.match(agent.text, /^Restart=always$/mu);
  assert.match(agent.text, /^KillMode=process$/mu);
  assert.match(agent.text, /^WantedBy=multi-user\.target$/mu);
  assert.match(path?.text ?? '', /^PathExists=\/srv\/pgdata\/agent\/wake\/role-changed$/mu);
  const lines = wake?.text.split('\n') ?? [];
  const removal = lines.findIndex((line) => line.startsWith('ExecStartPre=/bin/rm'));
  assert.ok(removal !== -1 && removal < lines.findIndex((line) => line.startsWith('ExecStart=')));
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd finds nothing wrong with the files', { skip: !analyze }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    for (const { name, text } of units()) {
      // Programs and directories of a machine there is not: stand-ins, so that only the form is looked at.
      const here = text
        .replaceAll(`${charmDir}/bin/node`, '/bin/true')
        .replaceAll(place.directory, directory);
      writeFileSync(join(directory, name), here);
    }
    const files = units().map(({ name }) => join(directory, name));
    const done = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
    const said = done.stderr
      .split('\n')
      .filter((line) => line.includes('pg-agent-'))
      .join('\n');
    assert.equal(said, '');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
