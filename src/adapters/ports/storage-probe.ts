// Whether the disk under the data directory takes writes: a server whose disk does not may go on answering questions.

export interface StorageProbe {
  /** Writes a little and waits until it is on disk. Null where that worked; else what happened, in words. Ends within a bound. */
  check(): Promise<string | null>;
}
