// The way from one agent to etcd: requests and watches over the simulated network, with the limits of time that the
// transport over HTTP has.

import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import type {
  CallOptions,
  EtcdAnswer,
  EtcdTransport,
  StreamOptions,
} from '#adapters/etcd/transport.ts';
import { TransportError } from '#adapters/etcd/transport.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Actor } from '../engine/actor.ts';
import type { Network } from '../net/network.ts';
import { Channel } from '../net/network.ts';
import type { EtcdNode, WatchStream } from './etcd-node.ts';

const shortestAttemptMs = 1000;
const streamOpenMs = 5000;

export interface SimTransportOptions {
  readonly etcd: EtcdNode;
  readonly network: Network;
  /** The process that asks, and the machine it is on. */
  readonly actor: Actor;
  readonly from: string;
  readonly clock: ClockPort;
}

function failed(problem: string): TransportError {
  return new TransportError([{ host: 'http://etcd:2379', problem }]);
}

export class SimTransport implements EtcdTransport {
  readonly #options: SimTransportOptions;
  readonly #breaks = new Set<() => void>();

  constructor(options: SimTransportOptions) {
    this.#options = options;
  }

  async call(path: string, body: object | null, options: CallOptions): Promise<EtcdAnswer> {
    options.signal.throwIfAborted();
    if (options.timeoutMs <= 0) throw new TransportError([]);
    try {
      return await this.#attempt(path.replace(/^\/(?:v3\/)?/u, ''), body, options);
    } catch (error) {
      options.signal.throwIfAborted();
      for (const end of this.#breaks) end();
      throw error;
    }
  }

  async #attempt(
    path: string,
    body: object | null,
    { timeoutMs, signal }: CallOptions,
  ): Promise<EtcdAnswer> {
    const { etcd, network, actor, from, clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<EtcdAnswer>();
    const limitMs = Math.min(timeoutMs, Math.max(shortestAttemptMs, timeoutMs / 2));
    const onAbort = (): void => reject(failed('was left'));
    const timer = clock.after(limitMs, () => {
      reject(failed(`gave no answer within ${(limitMs / 1000).toFixed(1)} s`));
    });
    signal.addEventListener('abort', onAbort);
    network.send(from, 'etcd', () => {
      etcd.receive(path, (body ?? {}) as JsonObject, (answer) => {
        network.send('etcd', from, () => {
          actor.after(0, () => {
            if (answer === null) reject(failed('refused the connection'));
            else resolve(answer);
          });
        });
      });
    });
    try {
      return await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async stream(
    _path: string,
    body: object,
    onMessage: (message: unknown) => void,
    { signal }: StreamOptions,
  ): Promise<void> {
    const { etcd, network, actor, from, clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const back = new Channel(network, 'etcd', from);
    const opening = clock.after(streamOpenMs, () => reject(failed('did not open the stream')));
    let isOpen = true;
    const stream: WatchStream = {
      isGone: () => !isOpen || !actor.isAlive,
      send: (message) => {
        back.send(() => {
          actor.after(0, () => {
            if (!isOpen) return;
            opening.cancel();
            try {
              onMessage(message);
            } catch (error) {
              reject(error);
            }
          });
        });
      },
      end: () => back.send(() => actor.after(0, resolve)),
    };
    const leave = (): void => reject(failed('stopped answering other requests'));
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    this.#breaks.add(leave);
    const { create_request: request } = body as { readonly create_request: JsonObject };
    network.send(from, 'etcd', () => etcd.watch(request, stream));
    try {
      await promise;
    } finally {
      isOpen = false;
      opening.cancel();
      this.#breaks.delete(leave);
      signal.removeEventListener('abort', onAbort);
    }
  }

  learnHosts(): void {
    // There is one.
  }

  close(): void {
    for (const end of this.#breaks) end();
  }
}
