// What the service says of itself in its status file, for the charm's status and for people. The file is
// replaced as a whole every few seconds and when something changes; times are ISO 8601 in UTC.

/** Version of the shape; a reader that knows another one says so instead of guessing. */
export const statusVersion = 1;

export interface ServiceProblem {
  /** Stable name of the kind. */
  readonly kind: ProblemKind;
  /** A sentence: what was tried, what was found, what to do. Holds no secret. */
  readonly message: string;
  readonly since: string;
}

/**
 * `database-away`: it passes by itself when the server is back. `database-refuses`: somebody has to do
 * something, and the message says what. `bus-away`: the Salt master is stopped. `spool-full` and `disk`:
 * messages are being lost. `trimmed`: the master cut returns before it published them.
 */
export type ProblemKind =
  | 'database-away'
  | 'database-refuses'
  | 'bus-away'
  | 'spool-full'
  | 'disk'
  | 'trimmed'
  | 'retention'
  | 'partitions'
  | 'configuration';

export interface DatabaseStatus {
  readonly connected: boolean;
  /** Where the primary is, host and port; null before the first connection. */
  readonly place: string | null;
  /** When rows were last committed. */
  readonly lastWrite: string | null;
}

/** Rows by the table they are for. */
export interface RowCounts {
  readonly jobs: number;
  readonly returns: number;
  readonly events: number;
}

export interface IngestStatus {
  /** Whether the master's event bus is being read. */
  readonly connected: boolean;
  readonly connectedSince: string | null;
  /** Messages that came over the bus since the service started, whatever became of them. */
  readonly received: number;
  /**
   * Rows that are safe from a kill of the service and of the database: on the spool. This is the
   * acknowledgement: what is counted here is stored exactly once, or set aside with a reason. Counted over
   * the life of the spool.
   */
  readonly accepted: RowCounts;
  /** Rows of the accepted ones that are committed in the database, over the life of the spool. */
  readonly stored: RowCounts;
  /** Messages and rows that can't be stored and stand in the rejected file, since the service started. */
  readonly rejected: number;
  /** Messages lost as the spool was full or the disk refused, since the service started. */
  readonly lost: number;
  /** How often the bus was gone and events may have been missed, since the service started. */
  readonly gaps: number;
  /** Rows that are accepted and not stored yet. */
  readonly waiting: number;
  /** Age of the oldest row that waits, in seconds; 0 when none does. */
  readonly lagSeconds: number;
  readonly spoolBytes: number;
  readonly spoolLimitBytes: number;
}

export interface CleanStatus {
  readonly at: string;
  readonly jobs: number;
  readonly returns: number;
  readonly events: number;
}

export interface ServiceStatus {
  readonly version: typeof statusVersion;
  readonly pid: number;
  /** When the service started. */
  readonly since: string;
  /** When this file was written: older than a minute means that the service hangs or is gone. */
  readonly written: string;
  readonly database: DatabaseStatus;
  /** Null where the service does not ingest. */
  readonly ingest: IngestStatus | null;
  /** Null before the first round of retention. */
  readonly lastClean: CleanStatus | null;
  /** What is wrong now, the oldest first; empty when all is well. */
  readonly problems: readonly ServiceProblem[];
}

/**
 * @param text content of the status file
 * @returns null where it is none of this version: an older service, or a file cut off
 */
export function parseServiceStatus(text: string): ServiceStatus | null {
  try {
    const value: unknown = JSON.parse(text);
    const isOurs =
      typeof value === 'object' &&
      value !== null &&
      'version' in value &&
      value.version === statusVersion;
    return isOurs ? (value as ServiceStatus) : null;
  } catch {
    return null;
  }
}
