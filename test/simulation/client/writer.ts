// A client that writes all the time, as libpq does with several hosts: to whoever accepts writes. It remembers what
// was acknowledged to it.

import type { Random } from '#core/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../net/network.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WriteAnswer } from '../postgres/server-world.ts';

export interface WriterOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly network: Network;
  readonly random: Random;
  readonly servers: readonly PostgresServer[];
  /** Milliseconds between two writes. */
  readonly pauseMs: number;
  readonly onAcknowledged: (server: PostgresServer, answer: WriteAnswer) => void;
}

/** No answer within this time counts as a broken connection, in milliseconds. */
const patienceMs = 2500;

export class Writer {
  readonly #options: WriterOptions;
  #at = 0;
  #request = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#soon(this.#options.random.between(0, 1000));
  }

  #soon(inMs: number): void {
    this.#options.engine.after(inMs, () => this.#write());
  }

  #write(): void {
    const { engine, network, random, servers, name, onAcknowledged, pauseMs } = this.#options;
    const server = servers[this.#at % servers.length];
    if (server === undefined) return;
    this.#request += 1;
    const request = this.#request;
    const next = (inMs: number, isOther: boolean): void => {
      if (request !== this.#request) return;
      this.#request += 1;
      if (isOther) this.#at += 1;
      this.#soon(inMs);
    };
    engine.after(patienceMs, () => next(10, true));
    const bytes = random.between(60, 8000);
    network.send(name, server.name, () => {
      server.write(bytes, (answer) => {
        network.send(server.name, name, () => {
          // An answer that comes after the client has given up is heard by nobody.
          if (request !== this.#request) return;
          if (answer.kind === 'acknowledged') {
            onAcknowledged(server, answer);
            next(pauseMs * (0.5 + random.next()), false);
          } else {
            next(random.between(20, 120), true);
          }
        });
      });
    });
  }
}
