// Reads the Salt master's event bus: a unix socket it publishes on. Connects again for as long as it takes when
// the master stops or restarts. What was published meanwhile is gone: a bus keeps nothing for who is away.

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { errorCode } from '#adapters/files/error-code.ts';
import type { Clock, Scheduled } from '#adapters/system/clock.ts';

export interface BusListener {
  connected(): void;
  /** @param reason in words; a gap has begun if it was connected before */
  disconnected(reason: string): void;
  /**
   * @param chunk overwritten once this returns
   * @returns false where no more is wanted until `resume`
   */
  data(chunk: Buffer): boolean;
}

/** Large, so that one call of the system brings many messages. */
const chunkBytes = 256 * 1024;

const firstDelayMs = 50;
const longestDelayMs = 2000;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the socket is not there; the Salt master is stopped, or its sock_dir is another',
  ECONNREFUSED: 'nobody listens on the socket; the Salt master is stopped',
  EACCES:
    'the socket may not be opened by this user; run the service as the user of the Salt master',
};

export class EventBus {
  readonly #path: string;
  readonly #listener: BusListener;
  readonly #clock: Clock;
  readonly #chunk: Buffer = Buffer.allocUnsafe(chunkBytes);
  #socket: Socket | null = null;
  #retry: Scheduled | null = null;
  #delayMs = firstDelayMs;
  #isClosed = false;

  constructor(path: string, listener: BusListener, clock: Clock) {
    this.#path = path;
    this.#listener = listener;
    this.#clock = clock;
  }

  open(): void {
    if (this.#isClosed) return;
    const socket = connect({
      path: this.#path,
      onread: {
        buffer: this.#chunk,
        callback: (size, buffer) => {
          if (this.#socket !== socket) return false;
          return this.#listener.data(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        },
      },
    });
    this.#socket = socket;
    let reason = 'the Salt master closed the connection';
    socket.on('connect', () => {
      this.#delayMs = firstDelayMs;
      this.#listener.connected();
    });
    socket.on('error', (error) => {
      reason = reasons[errorCode(error)] ?? error.message;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#lost(reason);
    });
  }

  /** Gives up the connection, as its stream can't be followed any more, and makes a new one. */
  restart(reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#lost(reason);
    socket.destroy();
  }

  /** Wants data again. */
  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  #lost(reason: string): void {
    this.#socket = null;
    if (this.#isClosed) return;
    this.#listener.disconnected(reason);
    this.#retry = this.#clock.after(this.#delayMs, () => this.open());
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
  }
}
