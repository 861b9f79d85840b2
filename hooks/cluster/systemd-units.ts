// The files by which systemd runs a unit's agent and wakes its charm. Pure.

import { type UnitFile, word, words } from '#adapters/supervise/systemctl.ts';
import type { AgentPlace } from '../agent/place.ts';

export interface UnitFileInputs {
  /** For example `postgresql/0`. */
  readonly unit: string;
  readonly place: AgentPlace;
  readonly program: readonly string[];
  /** Name of the user the agent runs as. */
  readonly user: string;
  /** Program and arguments that raise the event; empty where there is none. */
  readonly wakeCommand: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Beginning of the names of everything that is this unit's. */
export function serviceName(unit: string): string {
  return `pg-agent-${unit.replaceAll('/', '-')}`;
}

/** The agent's service first, then what wakes the charm. */
export function systemdUnits(inputs: UnitFileInputs): readonly UnitFile[] {
  const { unit, place, program, user, wakeCommand, environment } = inputs;
  const variables = Object.entries(environment).map(([key, value]) => word(`${key}=${value}`));
  const name = serviceName(unit);
  return [
    {
      name: `${name}.service`,
      text: `# Written by the postgresql charm.
[Unit]
Description=PostgreSQL high-availability agent of ${unit}
Wants=network-online.target
After=network-online.target
RequiresMountsFor=${place.directory}
StartLimitIntervalSec=0

[Service]
Type=simple
User=${user}
WorkingDirectory=${place.directory}
Environment=${variables.join(' ')}
ExecStart=${words(program)}
ExecReload=/bin/kill -HUP $MAINPID
# An agent that is killed leaves PostgreSQL running, and the next one takes it over.
KillMode=process
TimeoutStopSec=90
Restart=always
RestartSec=100ms
UMask=0077
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
`,
    },
    {
      name: `${name}-wake.path`,
      text: `# Written by the postgresql charm.
[Unit]
Description=Change of role of ${unit}

[Path]
PathExists=${place.wake}

[Install]
WantedBy=multi-user.target
`,
    },
    {
      name: `${name}-wake.service`,
      text: `# Written by the postgresql charm.
[Unit]
Description=Tells the charm of ${unit} of a change of role
StartLimitIntervalSec=0

[Service]
Type=oneshot
# Before the event, so that a change during it asks for another.
ExecStartPre=/bin/rm -f ${place.wake}
ExecStart=${wakeCommand.length === 0 ? '/bin/true' : words(wakeCommand)}
TimeoutStartSec=600
Restart=on-failure
RestartSec=5
`,
    },
  ];
}
