// Creates logical slots on the primary. A creation waits for every transaction that runs, which may take hours, so
// it goes on beside the turns, over a session of its own; one that fails is tried again after a growing pause.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import { retryPauseMs } from '#core/slots/retry-pause.ts';
import type { CreateLogicalStep } from '#core/slots/slot-step.ts';

/** Given up after that, in milliseconds: a slot that is being made holds WAL back. */
const longestCreationMs = 600_000;

/** Each takes a session and a slot of the server. */
const mostAtOnce = 4;

interface Failed {
  readonly failures: number;
  readonly notBeforeMs: number;
  readonly why: string;
}

export interface LogicalCreatorParts {
  readonly port: Pick<SlotsPort, 'createLogical'>;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly longestPauseMs: () => number;
  /** Whether this member leads: asked at the last moment, as nobody else may make such a slot. */
  readonly isLeading: () => boolean;
  /** A slot was made, or the next attempt is due. */
  readonly wake: () => void;
}

export class LogicalCreator {
  readonly #parts: LogicalCreatorParts;
  readonly #failed = new Map<string, Failed>();
  readonly #running = new Map<string, AbortController>();

  constructor(parts: LogicalCreatorParts) {
    this.#parts = parts;
  }

  /** Slots that are being made now. */
  get creating(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /** Begins what is due. Never waits. */
  begin(steps: readonly CreateLogicalStep[]): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const step of steps) {
      const isDue = (this.#failed.get(step.name)?.notBeforeMs ?? nowMs) <= nowMs;
      const isFree = !this.#running.has(step.name) && this.#running.size < mostAtOnce;
      if (isDue && isFree) void this.#create(step);
    }
  }

  /** This member leads no more, or stops: what is half made is left behind by nobody. */
  cancel(): void {
    for (const abort of this.#running.values()) {
      abort.abort(new Error('this member does not lead any more'));
    }
    this.#failed.clear();
  }

  async #create(step: CreateLogicalStep): Promise<void> {
    const { port, log, wake, isLeading } = this.#parts;
    const { name, plugin, why } = step;
    if (!isLeading()) return;
    const abort = new AbortController();
    this.#running.set(name, abort);
    log.info(`Creating logical replication slot '${name}': ${why}`);
    const result = await port.createLogical(step, longestCreationMs, abort.signal);
    this.#running.delete(name);
    if (result.outcome === 'done') {
      this.#failed.delete(name);
      log.info(`Created logical replication slot '${name}'`);
      wake();
    } else if (!abort.signal.aborted) {
      this.#noteFailure(name, plugin, result.why);
    }
  }

  #noteFailure(name: string, plugin: string, why: string): void {
    const { clock, log, random, longestPauseMs, wake } = this.#parts;
    const before = this.#failed.get(name);
    // Once, and again when it is something else.
    if (before?.why !== why) {
      log.error(`Failed to create logical replication slot '${name}' plugin='${plugin}': ${why}`);
    }
    const failures = (before?.failures ?? 0) + 1;
    const pauseMs = retryPauseMs(failures, longestPauseMs(), random());
    this.#failed.set(name, { failures, notBeforeMs: clock.monotonicMs() + pauseMs, why });
    clock.after(pauseMs, wake);
  }
}
