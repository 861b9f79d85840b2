// Stands in for the event bus of a Salt master: publishes on a unix socket in Salt's framing, to whoever is
// connected, and keeps nothing for who is not.

import { encode } from '@msgpack/msgpack';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { closeServer, listenOnPath } from '#adapters/net/unix-listener.ts';
import { minionReturn } from '../salt-values.ts';

/** One event as Salt packs it: `tag`, an empty line, MessagePack; in a dict of head and body. */
export function frameOf(tag: string, data: unknown): Buffer {
  const body = Buffer.concat([Buffer.from(`${tag}\n\n`), encode(data)]);
  return Buffer.from(encode({ head: {}, body }));
}

/** What a minion returned, as the master fires it. */
export function returnFrame(
  jid: string,
  id: string,
  more: Readonly<Record<string, unknown>> = {},
): Buffer {
  return frameOf(`salt/job/${jid}/ret/${id}`, { ...minionReturn(jid, id), ...more });
}

export function newJobFrame(jid: string, minions: readonly string[] = []): Buffer {
  return frameOf(`salt/job/${jid}/new`, {
    jid,
    tgt_type: 'glob',
    tgt: '*',
    user: 'root',
    fun: 'test.ping',
    arg: [],
    minions,
    missing: [],
    _stamp: '2026-11-20T17:13:30.184721',
  });
}

export class BusStandIn implements AsyncDisposable {
  readonly path: string;
  #server: Server | null = null;
  readonly #subscribers: Set<Socket> = new Set();
  #joined: (() => void) | null = null;

  constructor(path: string) {
    this.path = path;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.#subscribers.add(socket);
      socket.on('close', () => this.#subscribers.delete(socket));
      socket.on('error', () => undefined);
      this.#joined?.();
    });
    this.#server = server;
    await listenOnPath(server, this.path);
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Resolves once somebody listens. */
  async joined(): Promise<void> {
    if (this.#subscribers.size > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#joined = resolve;
    await promise;
  }

  /**
   * Publishes, and waits where subscribers are slow.
   *
   * @returns whether somebody was there to hear it
   */
  async publish(bytes: Buffer): Promise<boolean> {
    const heard = this.#subscribers.size > 0;
    for (const socket of this.#subscribers) {
      if (socket.write(bytes)) continue;
      const gone = new AbortController();
      const leave = (): void => gone.abort();
      socket.once('close', leave);
      await once(socket, 'drain', { signal: gone.signal }).catch(() => undefined);
      socket.off('close', leave);
    }
    return heard;
  }

  /** As a master that stops: its subscribers are cut off. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#subscribers) socket.destroy();
    if (server !== null) await closeServer(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
