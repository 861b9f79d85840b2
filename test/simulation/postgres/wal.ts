// The write-ahead log of one data directory: records at positions, the timelines they are on, and how much of them is
// safe on disk. Two directories have the same history where the same records stand at the same positions.

export type RecordKind = 'write' | 'checkpoint' | 'shutdown' | 'end-of-recovery';

export interface WalRecord {
  /** Unlike that of every other record ever written. */
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly timeline: number;
  readonly kind: RecordKind;
  /** Of vacuum: rows of the catalog that only transactions before this one need are gone. */
  readonly removedBefore?: number;
}

/** A timeline that ended, and where the next one goes on. */
export interface TimelineEnd {
  readonly timeline: number;
  readonly end: number;
}

/** Where the log of a new cluster begins. */
const firstLsn = 0x0100_0028;

export class Wal {
  #records: WalRecord[] = [];
  #flushedEnd = firstLsn;
  timeline = 1;
  /** Of the present timeline, oldest first. */
  ancestors: readonly TimelineEnd[] = [];
  /** The highest timeline this directory has a history file of. */
  highestKnown = 1;

  /** Of the last record written, on disk or not. */
  get end(): number {
    return this.#records.at(-1)?.end ?? firstLsn;
  }

  get flushedEnd(): number {
    return this.#flushedEnd;
  }

  get records(): readonly WalRecord[] {
    return this.#records;
  }

  append(record: Omit<WalRecord, 'start' | 'end' | 'timeline'>, bytes: number): WalRecord {
    const start = this.end;
    const added = { ...record, start, end: start + bytes, timeline: this.timeline };
    this.#records.push(added);
    return added;
  }

  /** What came from elsewhere; it has to go on where this log ends. */
  receive(records: readonly WalRecord[]): void {
    for (const record of records) {
      if (record.start !== this.end) {
        throw new Error(`A record at ${record.start} can't follow a log that ends at ${this.end}`);
      }
      this.#records.push(record);
    }
  }

  flush(end: number = this.end): void {
    this.#flushedEnd = Math.max(this.#flushedEnd, Math.min(end, this.end));
  }

  /** Those that begin at or behind `from` and end at or before `to`. */
  between(from: number, to: number): readonly WalRecord[] {
    const first = this.#firstFrom(from);
    let last = first;
    while (last < this.#records.length && (this.#records[last] as WalRecord).end <= to) last += 1;
    return this.#records.slice(first, last);
  }

  /** The record that ends at this position; null where none does. */
  recordEndingAt(end: number): WalRecord | null {
    const at = this.#firstFrom(end) - 1;
    const found = this.#records[at];
    return found !== undefined && found.end === end ? found : null;
  }

  #firstFrom(position: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle] as WalRecord).start < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A crash: what was not on disk is gone, but for the first `kept` bytes or so of it. */
  loseUnflushed(keptBytes: number): void {
    const until = this.#flushedEnd + keptBytes;
    while ((this.#records.at(-1)?.end ?? 0) > Math.max(until, this.#flushedEnd)) {
      this.#records.pop();
    }
    this.#flushedEnd = this.end;
  }

  /**
   * Takes what another log has up to where this one ends in the place of its own; true where no write is among what
   * went.
   */
  adoptTail(other: Wal): boolean {
    let at = this.#records.length;
    while (at > 0) {
      const record = this.#records[at - 1] as WalRecord;
      if (other.recordEndingAt(record.end)?.id === record.id) break;
      at -= 1;
    }
    const isHarmless = this.#records.slice(at).every(({ kind }) => kind !== 'write');
    const from = this.#records[at - 1]?.end ?? 0;
    this.#records = [...this.#records.slice(0, at), ...other.between(from, this.end)];
    return isHarmless;
  }

  /** A new timeline begins where the log ends. */
  branch(): void {
    this.ancestors = [...this.ancestors, { timeline: this.timeline, end: this.end }];
    this.highestKnown = Math.max(this.highestKnown, this.timeline) + 1;
    this.timeline = this.highestKnown;
  }

  /** Goes on along the timeline of another log, whose history holds ours. */
  follow(other: Pick<Wal, 'timeline' | 'ancestors' | 'highestKnown'>): void {
    this.timeline = other.timeline;
    this.ancestors = other.ancestors;
    this.highestKnown = Math.max(this.highestKnown, other.highestKnown);
  }

  /** Becomes a copy of another log as far as that is on disk. */
  copyFrom(other: Wal): void {
    this.#records = [...other.between(0, other.flushedEnd)];
    this.#flushedEnd = this.end;
    this.timeline = other.timeline;
    this.ancestors = other.ancestors;
    this.highestKnown = Math.max(this.highestKnown, other.highestKnown);
  }
}

export type StreamVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'refused'; readonly why: string }
  /** PostgreSQL would go on, on top of another history. */
  | { readonly kind: 'mixed'; readonly why: string };

/** Whether a standby can go on from where its log ends with what an upstream has. */
export function judgeStream(standby: Wal, upstream: Wal): StreamVerdict {
  const { end, timeline } = standby;
  if (upstream.timeline < timeline) {
    return refused(`timeline ${upstream.timeline} is behind recovery timeline ${timeline}`);
  }
  if (upstream.timeline === timeline) {
    if (end > upstream.flushedEnd) return refused(`${end} is ahead of ${upstream.flushedEnd}`);
  } else {
    const left = upstream.ancestors.find((ancestor) => ancestor.timeline === timeline);
    if (left === undefined) return refused(`timeline ${timeline} is not in its history`);
    if (end > left.end) return refused(`its history left timeline ${timeline} at ${left.end}`);
  }
  const last = standby.recordEndingAt(end);
  if (last === null) return { kind: 'ok' };
  const theirs = upstream.recordEndingAt(end);
  if (theirs === null) return refused(`there is no record at ${end}: incorrect prev-link`);
  return theirs.id === last.id
    ? { kind: 'ok' }
    : { kind: 'mixed', why: `another record stands before ${end}` };
}

function refused(why: string): StreamVerdict {
  return { kind: 'refused', why };
}
