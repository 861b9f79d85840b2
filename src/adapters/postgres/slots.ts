// Carries out the steps towards the slots that should be. Each stands for itself: what goes wrong with one slot is
// told and stops no other. All of them together get a time, and what it does not suffice for is left to the next turn.

import { formatLsn } from '#core/postgres/lsn.ts';
import type { CreateLogicalStep, SlotStep } from '#core/slots/slot-step.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { SlotStepResult } from '#adapters/ports/slots-port.ts';
import type { Connection } from './connection.ts';
import { reasonOf } from './connection.ts';
import type { Query } from './slot-statements.ts';
import { advanceSlot, createLogicalSlot, createPhysicalSlot, dropSlot } from './slot-statements.ts';

type Outcome = Pick<SlotStepResult, 'outcome' | 'why'>;

const done: Outcome = { outcome: 'done', why: '' };

/** What failed, in the words people look for. */
function failureText(step: SlotStep, reason: string): string {
  switch (step.kind) {
    case 'create-physical':
      return `Failed to create physical replication slot '${step.name}': ${reason}`;
    case 'drop':
      return `Failed to drop replication slot '${step.name}': ${reason}`;
    case 'advance-physical':
      return `Error while advancing replication slot ${step.name} to position '${formatLsn(step.to)}': ${reason}`;
    default:
      return step satisfies never;
  }
}

type DropStep = Extract<SlotStep, { readonly kind: 'drop' }>;

/** Whatever became of it is one line. */
async function drop(query: Query, step: DropStep, log: LogPort): Promise<Outcome> {
  const { name } = step;
  const { isFound, isActive, isDropped } = await dropSlot(query, name);
  if (isDropped) {
    log.info(`Dropped replication slot '${name}': ${step.why}`);
    return done;
  }
  if (isActive) {
    log.warning(`Unable to drop replication slot '${name}', slot is active (${step.why})`);
    return { outcome: 'in-use', why: 'somebody uses it' };
  }
  const why = isFound ? 'the server did not drop it and does not say why' : 'there is no such slot';
  log.error(failureText(step, why));
  return { outcome: isFound ? 'failed' : 'absent', why };
}

async function carryOut(query: Query, step: SlotStep, log: LogPort): Promise<Outcome> {
  switch (step.kind) {
    case 'create-physical':
      await createPhysicalSlot(query, step.name);
      return done;
    case 'drop':
      return drop(query, step, log);
    case 'advance-physical':
      await advanceSlot(query, step.name, step.to);
      return done;
    default:
      return step satisfies never;
  }
}

/** One session for all steps, another one only where the first one broke. */
class StepSession implements AsyncDisposable {
  readonly #open: () => Promise<Connection>;
  #current: Connection | null = null;
  #isOver = false;

  constructor(open: () => Promise<Connection>) {
    this.#open = open;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  readonly query: Query = async (text, values) => {
    if (this.#current?.isUsable !== true) this.#current = await this.#openNow();
    return this.#current.query(text, values);
  };

  async #openNow(): Promise<Connection> {
    const opened = await this.#open();
    if (!this.#isOver) return opened;
    opened.destroy();
    throw new Error('there was no time left for it');
  }

  /** Ends what runs, and lets nothing more begin. */
  giveUp(): void {
    this.#isOver = true;
    this.#current?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#current?.[Symbol.asyncDispose]();
  }
}

export interface StepLimits {
  /** All of them together, in milliseconds. */
  readonly withinMs: number;
  /** Asked before each step: it may have been wanted in a situation that is over. */
  readonly mayGoOn: () => boolean;
}

/** `open` connects to our own server with a limit for each statement. Never throws; takes `withinMs` at most. */
export async function applySlotSteps(
  open: () => Promise<Connection>,
  steps: readonly SlotStep[],
  { withinMs, mayGoOn }: StepLimits,
  log: LogPort,
): Promise<readonly SlotStepResult[]> {
  const results: SlotStepResult[] = [];
  if (steps.length === 0) return results;
  const session = new StepSession(open);
  const { promise: timeIsOver, resolve: expire } = Promise.withResolvers<void>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    session.giveUp();
    expire();
  }, withinMs);
  const work = async (): Promise<void> => {
    await using _ended = session;
    for (const step of steps) {
      if (session.isOver || !mayGoOn()) return;
      const outcome = await tryStep(session, step, log);
      if (!session.isOver) results.push({ step, ...outcome });
    }
  };
  await Promise.race([work(), timeIsOver]);
  clearTimeout(timer);
  const found = [...results];
  const left = steps.slice(found.length);
  if (isLate && left.length > 0) {
    log.warning(
      `No time was left for ${left.length} of ${steps.length} steps on replication slots`,
    );
  }
  const why = isLate ? `it did not fit into ${withinMs} ms` : 'the situation is another one by now';
  return [...found, ...left.map((step) => ({ step, outcome: 'skipped' as const, why }))];
}

async function tryStep(session: StepSession, step: SlotStep, log: LogPort): Promise<Outcome> {
  try {
    return await carryOut(session.query, step, log);
  } catch (error) {
    const why = reasonOf(error);
    if (!session.isOver) log.error(failureText(step, why));
    return { outcome: 'failed', why };
  }
}

/**
 * Creates a logical slot over a session in its database, which ends with the attempt. Called off by the signal it
 * leaves no slot behind. Never throws, and tells nobody but the caller.
 */
export async function createLogicalAt(
  open: () => Promise<Connection>,
  step: CreateLogicalStep,
  signal?: AbortSignal,
): Promise<SlotStepResult> {
  try {
    await using session = await open();
    const giveUp = (): void => session.destroy();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp);
    try {
      await createLogicalSlot(async (...query) => session.query(...query), step);
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
    return { step, ...done };
  } catch (error) {
    const why = signal?.aborted === true ? 'it was called off' : reasonOf(error);
    return { step, outcome: 'failed', why };
  }
}
