// Takes the messages of the event bus apart and gathers the rows they become, until somebody takes them as a
// block. One message that can't be used never harms another: it is set aside with its reason.

import { JobCacheError } from '../errors.ts';
import type { EventFilter, RowMode } from '../service/service-config.ts';
import type { PythonDict, PythonValue } from '../value/python-value.ts';
import { valueAt } from '../value/python-value.ts';
import type { Counts } from './block.ts';
import { noRows, sumOf } from './block.ts';
import type { EventKind } from './classify.ts';
import { checkTag, kindOf, tagFilter } from './classify.ts';
import { CopyBuffer, lineFeed, tab } from './copy-buffer.ts';
import type { RowMaker } from './event-rows.ts';
import {
  loadOfJob,
  loadOfReturn,
  loadOfRunner,
  rowMaker,
  writeEvent,
  writeJob,
  writeReturn,
} from './event-rows.ts';
import { writeJson } from './json-copy.ts';
import { KnownJids } from './known-jids.ts';
import { MsgpackError, readValue, unreadableKey } from './msgpack.ts';
import type { ReturnFields } from './return-row.ts';
import {
  findReturnFields,
  isNamedByTag,
  isPlainJid,
  longestJid,
  newReturnFields,
  writeReturnRow,
} from './return-row.ts';

export interface IntakeOptions {
  readonly mode: RowMode;
  readonly masterId: string;
  readonly events: EventFilter | null;
}

/** A message that became no row. */
export interface Refused {
  readonly tag: string;
  readonly jid: string | null;
  /** Which field can't be used, where it is one. */
  readonly field: string | null;
  readonly reason: string;
  /** The message as it came: tag, an empty line, MessagePack. */
  readonly message: Buffer;
}

export type OnRefused = (refused: Refused) => void;

/** Between an event's tag and its data. */
const tagEnd = '\n\n';
/** The master replaces values by this text where an event is larger than its `max_event_size`. */
const trimmedText = 'VALUE_TRIMMED';
const trimmed = Buffer.from([0xa0 + trimmedText.length, ...Buffer.from(trimmedText)]);

/** Larger messages go the slow way, which knows what one column can hold. */
const fastBytes = 32 * 1024 * 1024;
const rememberedJids = 50_000;
/** Jid of a return that nobody wants to keep. */
const notCached = 'nocache';

/** Rows that are gathered for a block. */
export class Gathered {
  readonly jobs: CopyBuffer = new CopyBuffer();
  readonly returns: CopyBuffer = new CopyBuffer();
  readonly events: CopyBuffer = new CopyBuffer();
  rows: Counts = noRows();

  get bytes(): number {
    return this.jobs.length + this.returns.length + this.events.length;
  }

  get isEmpty(): boolean {
    return sumOf(this.rows) === 0;
  }

  clear(): void {
    this.jobs.clear();
    this.returns.clear();
    this.events.clear();
    this.rows = noRows();
  }
}

export class Intake {
  /** Whether messages are thrown away, as there is no place for their rows. */
  isDropping = false;
  /** Messages that were thrown away, and rows that were gathered in vain. */
  lost = 0;
  /** Messages since the start. */
  received = 0;
  /** Returns of which the master had cut off something. */
  trimmed = 0;
  readonly #mode: RowMode;
  readonly #masterId: string;
  readonly #maker: RowMaker;
  readonly #isEvent: (tag: string) => boolean;
  readonly #refused: OnRefused;
  #gathered: Gathered = new Gathered();
  readonly #known: KnownJids = new KnownJids(rememberedJids);
  readonly #fields: ReturnFields = newReturnFields();

  constructor({ mode, masterId, events }: IntakeOptions, onRefused: OnRefused) {
    this.#mode = mode;
    this.#masterId = masterId;
    this.#maker = rowMaker(mode, masterId);
    this.#isEvent = tagFilter(events);
    this.#refused = onRefused;
  }

  /** What was gathered since the last swap. */
  get gathered(): Gathered {
    return this.#gathered;
  }

  /** Takes what was gathered, and gathers into the other one from now on. */
  swap(empty: Gathered): Gathered {
    const full = this.#gathered;
    this.#gathered = empty;
    return full;
  }

  /** Rows are lost, and with them those of jobs that were thought to be known. */
  forgetJobs(): void {
    this.#known.clear();
  }

  /** @param bytes is not kept */
  message(bytes: Buffer, start: number, end: number): void {
    this.received += 1;
    const endOfTag = bytes.indexOf(tagEnd, start, 'latin1');
    if (endOfTag < 0 || endOfTag + tagEnd.length >= end) {
      const reason = 'it has no tag and data';
      this.#refused({
        tag: '',
        jid: null,
        field: null,
        reason,
        message: bytes.subarray(start, end),
      });
      return;
    }
    // Short of the message's end nothing may be read: what follows belongs to another message.
    const message = bytes.subarray(0, end);
    const tag = message.toString('utf8', start, endOfTag);
    const at = endOfTag + tagEnd.length;
    const kind = kindOf(tag);
    if (this.isDropping) {
      if (kind !== 'other' || this.#isEvent(tag)) this.lost += 1;
      return;
    }
    if (kind !== 'other')
      this.#guard(tag, message, start, () => this.#takeRow(kind, tag, message, at));
    // An event that can't be stored takes nothing from the return it tells of.
    if (this.#isEvent(tag)) {
      this.#guard(tag, message, start, () => this.#takeEvent(tag, message, at));
    }
  }

  /** Rows that were begun are taken back where the message turns out to be unusable. */
  #guard(tag: string, message: Buffer, start: number, take: () => void): void {
    const to = this.#gathered;
    const jobs = to.jobs.length;
    const returns = to.returns.length;
    const events = to.events.length;
    try {
      take();
    } catch (error) {
      if (!(error instanceof JobCacheError || error instanceof MsgpackError)) throw error;
      to.jobs.length = jobs;
      to.returns.length = returns;
      to.events.length = events;
      this.#refuse(tag, error, message.subarray(start));
    }
  }

  #refuse(tag: string, error: JobCacheError | MsgpackError, message: Buffer): void {
    const data = message.subarray(message.indexOf(tagEnd, 0, 'latin1') + tagEnd.length);
    const [jid, field] =
      error instanceof JobCacheError ? [error.jid, error.field] : [null, unreadableKey(data)];
    const [salt, base, named = null] = tag.split('/');
    const isOfJob = salt === 'salt' && (base === 'job' || base === 'run');
    const reason = error.message;
    this.#refused({ tag, jid: (isOfJob ? named : null) ?? jid, field, reason, message });
  }

  #takeRow(kind: EventKind, tag: string, message: Buffer, at: number): void {
    if (kind !== 'job' && message.includes(trimmed, at)) this.trimmed += 1;
    if (kind === 'return') this.#takeReturn(tag, message, at);
    else if (kind === 'job') this.#takeJob(tag, readValue(message.subarray(at)));
    else this.#takeLoad(loadOfRunner(readValue(message.subarray(at)), this.#masterId));
  }

  #takeReturn(tag: string, message: Buffer, at: number): void {
    const fields = this.#fields;
    const isUsual =
      this.#mode === 'default' &&
      message.length - at < fastBytes &&
      findReturnFields(message, at, fields) &&
      isPlainJid(message, fields.jid) &&
      isNamedByTag(message, fields, at - tagEnd.length - tag.length);
    if (!isUsual) {
      this.#takeReturnSlowly(tag, message, at);
      return;
    }
    const jid = message.toString('latin1', fields.jid + 1, fields.jid + 1 + longestJid);
    if (!this.#known.has(jid) || !writeReturnRow(message, fields, this.#gathered.returns)) {
      this.#takeReturnSlowly(tag, message, at);
      return;
    }
    this.#gathered.rows.returns += 1;
  }

  #takeReturnSlowly(tag: string, message: Buffer, at: number): void {
    const load = loadOfReturn(readValue(message.subarray(at)));
    checkTag(tag, load);
    this.#takeLoad(load);
  }

  /** A return the slow way; its job gets a row where it has none, as from Salt itself. */
  #takeLoad(load: PythonDict): void {
    const jid = valueAt(load, 'jid') ?? null;
    if (jid === notCached) return;
    const row = this.#maker.return(load);
    if (!this.#known.has(row.jid)) {
      this.#tryJob(jid, load);
      this.#known.add(row.jid);
    }
    writeReturn(row, this.#gathered.returns);
    this.#gathered.rows.returns += 1;
  }

  /** The return is worth more than the row of its job: where that can't be made, it is left out. */
  #tryJob(jid: PythonValue, load: PythonDict): void {
    try {
      writeJob(this.#maker.job(jid, load), this.#gathered.jobs);
      this.#gathered.rows.jobs += 1;
    } catch (error) {
      if (!(error instanceof JobCacheError)) throw error;
    }
  }

  #takeJob(tag: string, data: PythonValue): void {
    const load = loadOfJob(data);
    checkTag(tag, load);
    const row = this.#maker.job(valueAt(load, 'jid') ?? null, load);
    writeJob(row, this.#gathered.jobs);
    this.#gathered.rows.jobs += 1;
    this.#known.add(row.jid);
  }

  #takeEvent(tag: string, message: Buffer, at: number): void {
    if (!(this.#mode === 'default' && this.#writeEvent(tag, message, at))) {
      writeEvent(this.#maker.event(tag, readValue(message.subarray(at))), this.#gathered.events);
    }
    this.#gathered.rows.events += 1;
  }

  /** The short cut for events: their data is JSON as a whole. */
  #writeEvent(tag: string, message: Buffer, at: number): boolean {
    const to = this.#gathered.events;
    const before = to.length;
    if (message.length - at < fastBytes && !tag.includes('\0')) {
      to.text(tag);
      to.byte(tab);
      if (writeJson(message, at, to) === message.length) {
        to.byte(tab);
        to.text(this.#masterId);
        to.byte(lineFeed);
        return true;
      }
    }
    to.length = before;
    return false;
  }
}
