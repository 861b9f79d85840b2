// What is known of a lease beyond the life of the agent that proved it, and not beyond that of the machine: a primary
// whose agent died goes on, and the next agent has to know when it must have stopped.

export interface LeaseNote {
  /** Milliseconds that are left of the lease that was noted last, below 0 where it is over; null where there is none. */
  read(): Promise<number | null>;
  /** Null: there is none any more. Never throws. */
  write(leftMs: number | null): void;
}
