// Writes what a verb found to standard output: waits where the reader is slow, and stops where it has
// gone, as `| head` does.

import type { Writable } from 'node:stream';
import { JobCacheError } from '../src/errors.ts';
import type { OutputFormat } from '../src/output/output-format.ts';
import type { Cli } from './cli.ts';

/** Cells of a terminal that does not tell. */
const usualWidth = 80;

export class Printer {
  readonly format: OutputFormat;
  /** Cells of a line; null where nothing has to be cut. */
  readonly width: number | null;
  readonly #stream: Writable;
  #failure: Error | null = null;
  /** Aborted when nobody reads any more. */
  readonly #gone: AbortController = new AbortController();

  constructor(cli: Pick<Cli, 'stdout' | 'isTerminal'>, format: OutputFormat = 'table') {
    this.format = format;
    this.#stream = cli.stdout;
    const columns: unknown = Reflect.get(cli.stdout, 'columns');
    this.width = cli.isTerminal
      ? typeof columns === 'number' && columns > 0
        ? columns
        : usualWidth
      : null;
    cli.stdout.on('error', (error: Error) => this.#fail(error));
    cli.stdout.on('close', () => this.#gone.abort());
  }

  /** Whether the reader has gone. */
  get isClosed(): boolean {
    return this.#gone.signal.aborted;
  }

  get closed(): AbortSignal {
    return this.#gone.signal;
  }

  /** @throws JobCacheError where the output can't be written, for one because the disk is full */
  async write(text: string): Promise<void> {
    this.#refuseFailed();
    if (this.isClosed || text === '') return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    this.closed.addEventListener('abort', stop, { once: true });
    this.#stream.write(text, stop);
    await promise;
    this.closed.removeEventListener('abort', stop);
    this.#refuseFailed();
  }

  #fail(error: Error): void {
    const code: unknown = Reflect.get(error, 'code');
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') this.#failure ??= error;
    this.#gone.abort();
  }

  #refuseFailed(): void {
    if (this.#failure === null) return;
    throw new JobCacheError(
      `Cannot write the output: ${this.#failure.message}`,
      { kind: 'OSError' },
      { cause: this.#failure },
    );
  }
}
