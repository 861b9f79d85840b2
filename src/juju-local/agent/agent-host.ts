// What a unit's agent needs of the controller it lives in.

import type { Clock } from '#adapters/system/clock.ts';
import type { Random } from '#core/random.ts';
import type { LogLevel, UnitName } from '#core/juju/model.ts';
import type { ProcessIdentity } from '../state/store.ts';

import type { Layout } from '../state/layout.ts';
import type { ModelBook } from '../state/model-book.ts';

/** One `juju-exec` that waits on the unit's own machine. */
export interface ExecRequest {
  readonly args: readonly string[];
  /** `JUJU_CONTEXT_ID` of the caller; empty when it had none (H251). */
  readonly callerContextId: string;
}

export interface ExecAnswer {
  readonly code: number;
  readonly stdout: string | Buffer;
  readonly stderr: string | Buffer;
}

/** A line of the model's log as its writer knows it. */
export interface HostLogLine {
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
}

export interface AgentHost {
  readonly book: ModelBook;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly random: Random;
  /** `host:port` list for `JUJU_API_ADDRESSES`. */
  readonly apiAddresses: readonly string[];
  /** The PATH of the system, without the tools directory. */
  readonly systemPath: string;
  /** Whether the unit's agent can talk to the controller at all just now. */
  reachable(unit: UnitName): boolean;
  log(unit: UnitName, line: HostLogLine): void;
  /** Remembers which process runs for the unit, in case the controller dies meanwhile. */
  recordProcess(unit: UnitName, identity: ProcessIdentity | null): void;
}
