// What `Bootstrap` is put together from.

import type { ClockPort, LogPort, ProgressPort } from '#adapters/ports/agent-ports.ts';
import type { RunCommandGroup } from '#adapters/process/run-command-group.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { BootstrapPostgres } from './bootstrap-postgres.ts';

export interface BootstrapDeps {
  /** The configuration in force now. */
  readonly config: () => AgentConfig;
  readonly postgres: BootstrapPostgres;
  readonly progress: ProgressPort;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** What programs and scripts find in their environment, beside what they are given. */
  readonly environment: Readonly<Record<string, string>>;
  readonly run: RunCommandGroup;
}
