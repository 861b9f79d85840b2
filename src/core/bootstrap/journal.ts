// What the last attempt to fill the data directory was, and whether it came to its end. Kept beside the
// directory, as the directory itself is moved aside when an attempt fails.

export const journalPhases = [
  'creating',
  'starting',
  'post_bootstrap',
  'cloning',
  'rewinding',
  'done',
] as const;

export type JournalPhase = (typeof journalPhases)[number];

export interface BootstrapJournal {
  readonly phase: JournalPhase;
  /** `initdb`, the name of a custom method, or the method of a clone. */
  readonly method: string;
  /** Whether the method is one of the configuration's own, which restores data that is somewhere else. */
  readonly isCustom: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** What was begun is given up, and so is the claim on the store for it. */
  readonly isGivenUp?: boolean;
}

export function writeJournal(journal: BootstrapJournal): string {
  return `${JSON.stringify(journal, null, 2)}\n`;
}

/** Null for anything that is no journal. */
export function readJournal(text: string): BootstrapJournal | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { phase, method, isCustom, startedAtMs, isGivenUp } = value as Partial<
    Record<keyof BootstrapJournal, unknown>
  >;
  const known = journalPhases.find((one) => one === phase);
  if (known === undefined || typeof method !== 'string' || typeof startedAtMs !== 'number') {
    return null;
  }
  return {
    phase: known,
    method,
    isCustom: isCustom === true,
    startedAtMs,
    ...(isGivenUp === true ? { isGivenUp } : {}),
  };
}

/** What an agent that died left half done. */
export type Unfinished =
  | 'nothing'
  /** A new cluster, which is none to anybody yet; the store still says that we make it. */
  | 'cluster'
  /** pg_rewind was at work: what is there looks like a cluster and must not be started. */
  | 'rewind';

export function unfinishedOf(last: BootstrapJournal | null): Unfinished {
  if (last?.isGivenUp === true) return 'nothing';
  switch (last?.phase) {
    case 'rewinding':
      return 'rewind';
    case 'creating':
    case 'starting':
    case 'post_bootstrap':
      return 'cluster';
    case 'cloning':
    case 'done':
    case undefined:
    default:
      return 'nothing';
  }
}

/**
 * Why no empty cluster may be made now; null where it may. After a restore that failed, an initdb would put an
 * empty cluster online in the place of the data, which clients then write to.
 */
export function whyNotInitdb(last: BootstrapJournal | null, journalPath: string): string | null {
  if (last === null || !last.isCustom) return null;
  // A replica that could not be made says nothing about what a new cluster is to hold.
  if (['done', 'cloning', 'rewinding'].includes(last.phase)) return null;
  return `Cannot make an empty cluster: the last attempt restored data by the method "${last.method}" and did not come to its end (phase ${last.phase}). Repeat it by bootstrap.method: ${last.method}, or, where an empty cluster is what you want, delete ${journalPath}`;
}
