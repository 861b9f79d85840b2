// What a hook's handlers did, why, and what held back those that did not run: as data kept in the
// unit data for the last hook, and as text for a person.

import type { StorePort } from '#interfaces/ports.ts';

export interface HandlerRun {
  readonly handler: string;
  /** Turn of the loop, from 0; `hook` before it. */
  readonly turn: number | 'hook';
  /** What each condition found. */
  readonly because: readonly string[];
}

export interface HeldHandler {
  readonly handler: string;
  /** What each unmet condition found; empty when the hook ended before it came to it. */
  readonly heldBack: readonly string[];
}

export interface Explanation {
  /** Name of the hook, for example `db-relation-changed`. */
  readonly hook: string;
  readonly ran: readonly HandlerRun[];
  readonly held: readonly HeldHandler[];
}

const key = 'reactive.explanation';

/**
 * Keeps the explanation for `explain`. It holds no time, so that a hook in which the same happens as
 * in the one before leaves the unit data untouched.
 */
export function keepExplanation(store: StorePort, explanation: Explanation): void {
  store.set(key, explanation);
}

/** The explanation of the last successful hook; null before the first. */
export function readExplanation(store: StorePort): Explanation | null {
  const value = store.get(key);
  return isExplanation(value) ? value : null;
}

function isExplanation(value: unknown): value is Explanation {
  return (
    typeof value === 'object' &&
    value !== null &&
    'hook' in value &&
    'ran' in value &&
    'held' in value
  );
}

/** The explanation as lines: what ran in its order, what nearly ran, what was far from it. */
export function explain(explanation: Explanation | null): string {
  if (explanation === null) return 'No hook has been recorded yet.';
  const lines = [`Handlers of the hook ${explanation.hook}`, 'Ran:'];
  for (const run of explanation.ran) {
    const where = run.turn === 'hook' ? 'hook' : `turn ${run.turn}`;
    lines.push(`  ${where}: ${run.handler} (${run.because.join('; ')})`);
  }
  if (explanation.ran.length === 0) lines.push('  none');
  const isNear = (one: HeldHandler): boolean => one.heldBack.length <= 1;
  section(lines, 'Nearly ran:', explanation.held.filter(isNear));
  section(
    lines,
    'Did not run:',
    explanation.held.filter((one) => !isNear(one)),
  );
  return lines.join('\n');
}

function section(lines: string[], title: string, held: readonly HeldHandler[]): void {
  if (held.length === 0) return;
  lines.push(title);
  for (const one of held) {
    lines.push(`  ${one.handler} (${one.heldBack.join('; ') || 'the hook ended before it'})`);
  }
}
