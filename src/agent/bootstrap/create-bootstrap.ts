// Puts `Bootstrap` together on a machine.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import { childEnvironment } from '#adapters/postgres/child-environment.ts';
import type { MemberPostgres } from '#adapters/postgres/member-postgres.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { Bootstrap } from './bootstrap.ts';
import { MemberBootstrapPostgres } from './member-bootstrap-postgres.ts';

export interface BootstrapParts {
  readonly postgres: MemberPostgres;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** The configuration is the one `postgres` follows; progress goes to its facts. */
export function createBootstrap({ postgres, clock, log }: BootstrapParts): Bootstrap {
  return new Bootstrap({
    config: () => postgres.config,
    postgres: new MemberBootstrapPostgres(postgres),
    progress: { report: (progress) => postgres.setProgress(progress) },
    clock,
    log,
    environment: Object.fromEntries(
      Object.entries(childEnvironment()).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
    run: runCommandGroup,
  });
}
