// What the REST API needs of the agent behind it. The agent implements it on a machine and in a simulation; the
// routes never reach around it.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { JsonObject, Member } from '#core/dcs/cluster.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import type { ApiView, MadeDecision } from '#core/rest/api-view.ts';
import type { FailsafeRequest, ReinitializeRequest } from '#core/rest/other-requests.ts';
import type { RestartRequest } from '#core/rest/restart-request.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

/** A value of the dynamic configuration that can't be taken. */
export interface ConfigFault {
  /** For example `postgresql.parameters.max_connections`. */
  readonly path: string;
  /** What was found and what is allowed. */
  readonly problem: string;
}

export interface RestartOutcome {
  readonly isDone: boolean;
  /** For example `restarted successfully` or `restart conditions are not satisfied`. */
  readonly message: string;
}

export type FailsafeReceipt =
  /** `lsn`: how far this member has got, for the leader that asked. */
  | { readonly kind: 'accepted'; readonly lsn: Lsn | null }
  /** This member leads itself. */
  | { readonly kind: 'leading' }
  /** `failsafe_mode` is not on. */
  | { readonly kind: 'off' };

export interface ApiHost {
  readonly dcs: Dcs;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** From memory, at no cost; never waits and never throws. */
  view(): ApiView;
  /**
   * With facts gathered for this call, or for another one a moment ago: peers compare positions by it. Ends within a
   * bound also when the server hangs.
   */
  freshView(): Promise<ApiView>;
  /** The last decisions of the loop, newest last. */
  decisions(): readonly MadeDecision[];

  /** Another turn of the loop, at once. */
  wake(): void;
  /** Somebody told that the cluster changed: as `wake`, but many of them may count as one. */
  peerWake(): void;
  requestReload(): void;
  /** Restarts PostgreSQL if the conditions hold, and resolves when it has started or failed to. */
  requestRestart(request: RestartRequest): Promise<RestartOutcome>;
  /** False where another one is scheduled. */
  scheduleRestart(request: RestartRequest & { readonly atMs: number }): Promise<boolean>;
  /** False where none is. */
  deleteScheduledRestart(): Promise<boolean>;
  /** Begins to clone this member anew; the reason where it does not, for example `restart already in progress`. */
  requestReinitialize(request: ReinitializeRequest): Promise<string | null>;
  receiveFailsafe(request: FailsafeRequest): FailsafeReceipt;
  /** Asks the members over REST; this member itself may be among them. */
  askMembers(members: readonly Member[], timeoutMs: number): Promise<readonly PeerStatus[]>;
  /** Faults of the values a change would set; empty where all can be taken. */
  validateDynamic(values: JsonObject): readonly ConfigFault[];
}
