// What an agent is put together from. `bin/pg-agent` gives it the machine, the simulation a virtual one.

import type {
  ClockPort,
  LogPort,
  PeersPort,
  PostgresPort,
  WatchdogPort,
} from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { StorageProbe } from '#adapters/ports/storage-probe.ts';
import type { LeaseNote } from '#adapters/ports/lease-note.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { BootstrapPort } from './bootstrap-port.ts';
import type { SlotsDeps } from './slots/slots-deps.ts';

export interface AgentDeps {
  readonly config: AgentConfig;
  /** Merges another dynamic configuration into the one of the file and the environment. */
  readonly merge: (dynamic: JsonObject | null) => AgentConfig;
  /** Our copy of the dynamic configuration: what the store gets when it lost its own. */
  readonly ownDynamic: () => JsonObject;
  /** Keeps that copy for the next start. */
  readonly keepDynamic: (dynamic: JsonObject) => Promise<void>;
  /** The REST API, the log and the watchdog follow another configuration too. */
  readonly onConfigured: (config: AgentConfig) => Promise<void>;
  /** Puts the text where this machine's charm reads it; null where nobody does. */
  readonly writeFacts: ((text: string) => void) | null;
  /** What the next agent has to know of our lease; null where nobody keeps it. */
  readonly leaseNote: LeaseNote | null;
  /** Whether the disk takes writes; null where nobody looks. */
  readonly storage: StorageProbe | null;
  readonly dcs: Dcs;
  readonly postgres: PostgresPort;
  readonly slots: SlotsDeps;
  readonly bootstrap: BootstrapPort;
  readonly peers: PeersPort;
  readonly watchdog: WatchdogPort;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** From 0 (included) to 1 (excluded); for jitter and for the choice among equal clone sources. */
  readonly random: () => number;
  /** Where clients and members find this PostgreSQL and this agent, as they are published. */
  readonly connUrl: string;
  readonly apiUrl: string;
  readonly proxyUrl: string | null;
  /** Patroni's version we claim to speak, and our own. */
  readonly version: string;
}
