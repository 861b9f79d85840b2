// How the unit's service is run: its command lines, systemd's unit, the supervisor's file. Pure.

import { type CronFile, cronFileOf } from '#adapters/supervise/cron-file.ts';
import type { RunFile } from '#adapters/supervise/run-file.ts';
import { type UnitFile, words } from '#adapters/supervise/systemctl.ts';
import type { MachinePlace } from './place.ts';
import type { UnitFacts } from './request.ts';

export function serviceProgram({ charmDir }: UnitFacts, place: MachinePlace): readonly string[] {
  const program = `${charmDir}/lib/salt-job-cache.cjs`;
  return [`${charmDir}/bin/node`, program, 'serve', '--config', place.config];
}

export function supervisorProgram({ charmDir }: UnitFacts, place: MachinePlace): readonly string[] {
  return [`${charmDir}/bin/node`, `${charmDir}/lib/supervise.cjs`, place.supervisor];
}

/** The service's unit. The version stands in it, so that another charm makes it another file. */
export function systemdUnit(unit: UnitFacts, place: MachinePlace): UnitFile {
  return {
    name: `${place.service}.service`,
    text: `# Written by the salt-job-cache charm, version ${unit.version.replaceAll(/\s+/g, ' ')}.
[Unit]
Description=Salt job cache of ${unit.unit}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=simple
WorkingDirectory=${place.directory}
ExecStart=${words(serviceProgram(unit, place))}
TimeoutStopSec=60
Restart=always
RestartSec=1
UMask=0077
NoNewPrivileges=yes
ProtectHome=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`,
  };
}

/** Where the supervisor looks whether the charm is to be woken: nobody asks for it here. */
export function wakePath(place: MachinePlace): string {
  return `${place.directory}/wake/none`;
}

/** What the supervisor is told. */
export function runFile(unit: UnitFacts, place: MachinePlace, path: string): RunFile {
  return {
    name: 'service',
    program: serviceProgram(unit, place),
    environment: { PATH: path, LANG: 'C.UTF-8' },
    // The master's socket is root's and the master's own.
    user: null,
    directory: place.directory,
    log: place.log,
    supervisorPid: place.supervisorPid,
    agentPid: place.agentPid,
    wake: wakePath(place),
    wakeCommand: [],
    version: unit.version,
  };
}

export function cronFile(unit: UnitFacts, place: MachinePlace): CronFile {
  return cronFileOf('salt-job-cache', place.service, supervisorProgram(unit, place));
}
