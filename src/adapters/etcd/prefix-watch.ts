// Watches a cluster's keys over lost connections. Changes arrive once and in order; whenever some may have
// been missed (etcd forgot them, or lost its data) it says so and goes on from now.

import type { ClockPort, LogPort, Timer } from '#adapters/ports/agent-ports.ts';
import type { DcsChange } from '#adapters/ports/dcs.ts';
import type { Fields } from './answers.ts';
import { asFields, asInt64, asItems, readKeyValue } from './answers.ts';
import type { EtcdGateway } from './gateway.ts';

const firstPauseMs = 50;
const longestPauseMs = 2000;
/** How long a change that a read has shown may be on its way through the stream. */
const slowestMs = 1000;
/** For finding out the version and for the token; the stream itself has no end. */
const openMs = 5000;

export interface PrefixWatchOptions {
  readonly gateway: EtcdGateway;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly prefix: string;
  /** Revision of the last read; changes after it are wanted. Null: from now. */
  readonly revision: string | null;
  readonly onChange: (change: DcsChange) => void;
  readonly onLost: () => void;
  readonly signal: AbortSignal;
}

export class PrefixWatch {
  readonly #options: PrefixWatchOptions;
  /** Of the last change seen; null: unknown, so that whatever happened before the next stream is missed. */
  #revision: bigint | null;
  #stream = new AbortController();
  #check: Timer | null = null;
  #pauseMs = firstPauseMs;

  constructor(options: PrefixWatchOptions) {
    this.#options = options;
    this.#revision = options.revision === null ? null : BigInt(options.revision);
  }

  /** Ends once the signal is aborted. */
  async run(): Promise<void> {
    const { clock, log, signal } = this.#options;
    const stop = (): void => this.#stream.abort(signal.reason);
    signal.addEventListener('abort', stop);
    while (!signal.aborted) {
      this.#stream = new AbortController();
      const problem = await this.#runStream();
      if (signal.aborted) break;
      log.debug('The watch on etcd ended and is begun again', { problem });
      await clock.delay(this.#pauseMs, signal).catch(() => {
        // Aborted: the loop ends by itself.
      });
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    }
    signal.removeEventListener('abort', stop);
    this.#check?.cancel();
  }

  /**
   * A read has shown a change of this revision. A stream that does not bring it in time has died unnoticed,
   * as when etcd is frozen or a firewall forgot the connection, and is begun anew.
   */
  expect(revision: string): void {
    const wanted = BigInt(revision);
    if (this.#check !== null || !this.#isBehind(wanted)) return;
    this.#check = this.#options.clock.after(slowestMs, () => {
      this.#check = null;
      if (this.#isBehind(wanted)) this.#stream.abort(new Error('fell behind'));
    });
  }

  #isBehind(revision: bigint): boolean {
    return this.#revision !== null && this.#revision < revision;
  }

  async #runStream(): Promise<string> {
    const { gateway, clock, prefix } = this.#options;
    const begin = clock.monotonicMs();
    try {
      await gateway.watch(
        prefix,
        this.#revision === null ? null : String(this.#revision + 1n),
        (result) => this.#take(result),
        {
          leftMs: () => Math.max(0, begin + openMs - clock.monotonicMs()),
          signal: this.#stream.signal,
        },
      );
      return 'etcd ended it';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #take(result: Fields): void {
    const revision = BigInt(asInt64(asFields(result['header'])['revision']));
    if (result['canceled'] === true) {
      // What lies between is compacted away.
      if (asInt64(result['compact_revision']) !== '0') this.#revision = null;
      throw new Error(
        `etcd cancelled it: ${JSON.stringify(result['cancel_reason'] ?? 'compacted')}`,
      );
    }
    if (result['created'] === true) this.#created(revision);
    for (const event of asItems(result['events'])) this.#tell(asFields(event));
  }

  #created(revision: bigint): void {
    this.#pauseMs = firstPauseMs;
    if (this.#revision === null) {
      this.#revision = revision;
      this.#options.onLost();
    } else if (revision < this.#revision) {
      // It has less than it had, and would wait for its own future.
      this.#revision = null;
      throw new Error('etcd lost its data');
    }
  }

  #tell(event: Fields): void {
    const { key, value, modRevision } = readKeyValue(event['kv']);
    const revision = BigInt(modRevision);
    if (this.#revision === null || revision > this.#revision) this.#revision = revision;
    const { prefix, onChange } = this.#options;
    if (!key.startsWith(prefix)) return;
    const kind = event['type'] === 'DELETE' ? 'delete' : 'put';
    onChange({ key: key.slice(prefix.length), kind, value: kind === 'put' ? value : '' });
  }
}
