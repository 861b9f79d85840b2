// Which logical slots of this standby are proven to be safe after a failover. What is not proven yet is asked of the
// primary in each turn; a walreceiver that has not told the primary yet what its slots need is made to tell it.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import {
  allPending,
  askedOfPrimary,
  checkReadiness,
  unsafeAfterPromotion,
  withCopied,
} from '#core/slots/readiness.ts';
import type { Readiness } from '#core/slots/readiness.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { invalidationOf } from '#core/slots/slot-info.ts';
import type { PendingSlots, PrimarySlots, SlotReadiness } from '#core/slots/slot-readiness.ts';
import type { SlotReport } from '#core/slots/slot-report.ts';
import { wordsOf } from '../executor.ts';

export interface ReadinessParts {
  readonly port: Pick<SlotsPort, 'readLeaderSlots' | 'isFeedbackOn'>;
  /** Has the walreceiver read the settings again, which makes it tell at once what is needed here. */
  readonly reload: () => Promise<void>;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

export interface CopiedSlot {
  readonly name: string;
  readonly restartLsn: Lsn;
}

export interface ReadinessQuestion {
  readonly leader: Upstream | null;
  readonly physicalSlotName: string | null;
  readonly existing: readonly SlotInfo[];
  readonly isStreaming: boolean;
}

/** The walreceiver tells of its own accord every 10 s; it is made to once in this time, in milliseconds. */
const nudgePauseMs = 1000;

export class ReadinessCheck {
  readonly #parts: ReadinessParts;
  /** Logical slots not yet proven; the processing queue of the reference. */
  pending: PendingSlots = new Map();
  states: ReadonlyMap<string, SlotReadiness> = new Map();
  #nudgedAtMs = Number.NEGATIVE_INFINITY;
  #failure = '';

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** The server has just started, or another one leads. */
  beginAnew(existing: readonly SlotInfo[]): void {
    this.pending = allPending(existing, this.pending);
    this.states = new Map();
  }

  /** One that came with its snapshot decodes as on the primary; another one has to find its own first. */
  noteCopied(withSnapshot: readonly CopiedSlot[], withoutSnapshot: readonly CopiedSlot[]): void {
    const proven = withSnapshot.map(
      ({ name }) => [name, { primaryCatalogXmin: null, copiedRestartLsn: null }] as const,
    );
    this.pending = new Map([...withCopied(this.pending, withoutSnapshot), ...proven]);
  }

  forget(name: string): void {
    this.pending = new Map([...this.pending].filter(([pending]) => pending !== name));
  }

  /** On a primary nothing is to be proven. */
  clear(): void {
    this.pending = new Map();
    this.states = new Map();
  }

  /** What is to be told at a promotion; null where every slot is safe. */
  get warning(): string | null {
    return unsafeAfterPromotion(this.pending);
  }

  /** Asks the primary where something is pending. Never throws; `isWaiting`: worth asking again soon. */
  async check(
    question: ReadinessQuestion,
  ): Promise<{ readonly reports: readonly SlotReport[]; readonly isWaiting: boolean }> {
    const asked = this.pending;
    if (asked.size === 0) return { reports: [], isWaiting: false };
    const primary = await this.#askPrimary(asked, question);
    const isMute = primary !== null && primary.physicalCatalogXmin === null;
    const isFeedbackOn = isMute ? await this.#isFeedbackOn() : null;
    // Meanwhile others may have become pending, or all of it may be over.
    if (primary !== null && !isMute) this.#failure = '';
    if (this.pending !== asked) return { reports: [], isWaiting: true };
    const readiness = checkReadiness({ ...question, pending: asked, primary, isFeedbackOn });
    this.#take(readiness);
    if (isMute && isFeedbackOn === true && question.isStreaming) await this.#nudge();
    return { reports: readiness.reports, isWaiting: question.isStreaming && this.pending.size > 0 };
  }

  #take({ pending, states, becameReady }: Readiness): void {
    this.pending = pending;
    this.states = states;
    for (const name of becameReady) {
      this.#parts.log.info(`Logical slot ${name} is safe to be used after a failover`);
    }
  }

  async #askPrimary(
    pending: PendingSlots,
    { leader, physicalSlotName }: ReadinessQuestion,
  ): Promise<PrimarySlots | null> {
    const names = askedOfPrimary(pending, physicalSlotName);
    if (leader === null || physicalSlotName === null || names.length === 0) return null;
    try {
      const found = await this.#parts.port.readLeaderSlots(leader, names);
      const physical = found.find(({ name }) => name === physicalSlotName);
      const logical = found.filter(({ type }) => type === 'logical');
      return {
        physicalCatalogXmin: physical?.catalogXmin ?? null,
        hasPhysicalSlot: physical !== undefined,
        logical: new Map(
          logical.map((slot) => [
            slot.name,
            { catalogXmin: slot.catalogXmin, invalidation: invalidationOf(slot) },
          ]),
        ),
      };
    } catch (error) {
      this.#tellFailure(
        `Failed to check ${physicalSlotName} physical slot on the primary: ${wordsOf(error)}`,
      );
      return null;
    }
  }

  async #isFeedbackOn(): Promise<boolean | null> {
    try {
      return await this.#parts.port.isFeedbackOn();
    } catch (error) {
      this.#tellFailure(`Failed to check the hot_standby_feedback setting: ${wordsOf(error)}`);
      return null;
    }
  }

  /** Once, and again when it is something else. */
  #tellFailure(text: string): void {
    if (text !== this.#failure) this.#parts.log.error(text);
    this.#failure = text;
  }

  async #nudge(): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#nudgedAtMs < nudgePauseMs) return;
    this.#nudgedAtMs = nowMs;
    await this.#parts.reload();
  }
}
