// A consumer of a logical slot: reads what was written, in order, from whoever accepts writes, confirms what it has
// got, is interrupted, and comes back. It starts from where the slot is; seeing a row twice does no harm.

import type { Random } from '#core/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../net/network.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Slot } from '../postgres/slot-table.ts';
import type { WalRecord } from '../postgres/wal.ts';

export interface ConsumerOptions {
  readonly name: string;
  readonly slotName: string;
  readonly engine: Engine;
  readonly network: Network;
  readonly random: Random;
  readonly servers: readonly PostgresServer[];
  /** It was given this slot, and goes on behind what that has confirmed. */
  readonly onAttached: (server: PostgresServer, slot: Slot, seen: ReadonlySet<number>) => void;
}

/** Nothing heard for so long ends a connection, in milliseconds: on the client, and on the server. */
const clientPatienceMs = 3000;
const serverPatienceMs = 10_000;
/** How often the walsender sends, in milliseconds. */
const sendMs = 200;

/** One connection, as both sides have it. */
interface Attachment {
  readonly server: PostgresServer;
  readonly slot: Slot;
  sentEnd: number;
  answeredMs: number;
  isOver: boolean;
}

export class Consumer {
  readonly #options: ConsumerOptions;
  /** Rows it has got, by the numbers of their records. */
  readonly seen: Set<number> = new Set();
  #at = 0;
  #current: Attachment | null = null;
  #heardMs = 0;
  #leaveMs = 0;
  #attempt = 0;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#connectIn(this.#options.random.between(500, 3000));
  }

  get #nowMs(): number {
    return this.#options.engine.nowMs;
  }

  #connectIn(ms: number): void {
    this.#options.engine.after(ms, () => this.#connect());
  }

  #connect(): void {
    const { network, servers, name, slotName, engine } = this.#options;
    const server = servers[this.#at % servers.length];
    if (server === undefined) return;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const failed = (): void => {
      if (attempt !== this.#attempt) return;
      this.#attempt += 1;
      this.#at += 1;
      this.#connectIn(this.#options.random.between(100, 600));
    };
    engine.after(clientPatienceMs, failed);
    network.send(name, server.name, () => {
      server.hear(() => {
        const slot = server.isAccepting ? server.data.slots.get(slotName) : null;
        const isFree = slot !== null && !slot.isLost && slot.user === null;
        const attachment = isFree ? this.#attach(server, slot) : null;
        network.send(server.name, name, () => {
          if (attachment === null) failed();
          else this.#attached(attempt, attachment);
        });
      });
    });
  }

  /** On the server. */
  #attach(server: PostgresServer, slot: Slot): Attachment {
    const sentEnd = slot.position.confirmedFlushLsn ?? 0;
    const attachment = { server, slot, sentEnd, answeredMs: this.#nowMs, isOver: false };
    slot.user = attachment;
    this.#options.onAttached(server, slot, this.seen);
    this.#send(attachment);
    return attachment;
  }

  #attached(attempt: number, attachment: Attachment): void {
    if (attempt !== this.#attempt) {
      this.#close(attachment);
      return;
    }
    this.#attempt += 1;
    this.#current = attachment;
    this.#heardMs = this.#nowMs;
    this.#leaveMs = this.#nowMs + this.#options.random.between(500, 20_000);
    this.#look(attachment);
  }

  /** On the server: the walsender. What it sends comes in order, so it waits for an answer to each batch. */
  #send(attachment: Attachment): void {
    const { server, slot } = attachment;
    server.process?.after(sendMs, () => {
      if (attachment.isOver || slot.user !== attachment || !server.isAccepting) {
        release(attachment);
        return;
      }
      const { wal } = server.data;
      const records = wal.between(attachment.sentEnd, wal.flushedEnd);
      const end = records.at(-1)?.end ?? attachment.sentEnd;
      attachment.sentEnd = end;
      const sentMs = this.#nowMs;
      attachment.answeredMs = Number.NEGATIVE_INFINITY;
      const { network, name } = this.#options;
      network.send(server.name, name, () => this.#take(attachment, records, end));
      server.process?.after(serverPatienceMs, () => {
        if (attachment.answeredMs < sentMs) release(attachment);
      });
    });
  }

  #take(attachment: Attachment, records: readonly WalRecord[], end: number): void {
    if (this.#current !== attachment) return;
    const { network, name, random } = this.#options;
    const { server, slot } = attachment;
    this.#heardMs = this.#nowMs;
    for (const { id, kind } of records) if (kind === 'write') this.seen.add(id);
    const isConfirming = random.chance(0.4);
    network.send(name, server.name, () => {
      server.process?.after(0, () => {
        attachment.answeredMs = this.#nowMs;
        if (attachment.isOver || slot.user !== attachment) return;
        if (isConfirming) server.data.slots.advanceLogical(slot, end, server.data.wal);
        this.#send(attachment);
      });
    });
  }

  #look(attachment: Attachment): void {
    this.#options.engine.after(250, () => {
      if (this.#current !== attachment) return;
      const isMute = this.#nowMs - this.#heardMs > clientPatienceMs;
      if (!isMute && this.#nowMs < this.#leaveMs) {
        this.#look(attachment);
        return;
      }
      this.#current = null;
      this.#close(attachment);
      if (isMute) this.#at += 1;
      const { random } = this.#options;
      this.#connectIn(random.chance(0.2) ? random.between(3000, 15_000) : random.between(50, 800));
    });
  }

  #close(attachment: Attachment): void {
    const { network, name } = this.#options;
    network.send(name, attachment.server.name, () => {
      attachment.server.process?.after(0, () => release(attachment));
    });
  }
}

function release(attachment: Attachment): void {
  attachment.isOver = true;
  if (attachment.slot.user === attachment) attachment.slot.user = null;
}
