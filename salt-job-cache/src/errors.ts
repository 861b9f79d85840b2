// The one error of the job cache: which function, for which job and field, what was found, what to do.

export interface JobCacheErrorFacts {
  /** Stable name of the kind, for programs: Python's exception in compatible mode, e.g. `UniqueViolation`. */
  readonly kind: string;
  /** SQLSTATE, where PostgreSQL refused. */
  readonly sqlstate?: string;
  readonly jid?: string;
  /** Field of the load, the return or the event that can't be stored. */
  readonly field?: string;
  /** Whether trying again later may work: the database was away, a standby, out of connections. */
  readonly isTransient?: boolean;
}

export class JobCacheError extends Error {
  override readonly name: string = 'JobCacheError';
  readonly kind: string;
  readonly sqlstate: string | null;
  readonly jid: string | null;
  readonly field: string | null;
  readonly isTransient: boolean;

  /** @param message names what was tried, what was found, and what would be right; holds no secret */
  constructor(message: string, facts: JobCacheErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.kind = facts.kind;
    this.sqlstate = facts.sqlstate ?? null;
    this.jid = facts.jid ?? null;
    this.field = facts.field ?? null;
    this.isTransient = facts.isTransient ?? false;
  }
}
