// Waits for a condition of something that announces its changes. Whoever waits is told what for, all along and
// at the end.

import { UserError } from './user-error.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Called with what is waited for whenever that text changed. */
  readonly onProgress: (text: string) => void;
}

export interface Waiting<Seen> {
  readonly look: () => Promise<Seen>;
  readonly holds: (seen: Seen) => boolean;
  /** What is waited for and how it stands: the end of the sentence "waiting for". */
  readonly what: (seen: Seen) => string;
  /** Gives something after each change. Must give one thing at the start, so that no change is missed. */
  readonly changes: (signal: AbortSignal) => AsyncIterable<unknown>;
  readonly timeoutMs: number;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** The first look for which `holds` is true. Throws `UserError` at the timeout, with the last `what`. */
export async function waitUntil<Seen>(waiting: Waiting<Seen>): Promise<Seen> {
  const timeout = AbortSignal.timeout(waiting.timeoutMs);
  let said = '';
  try {
    for await (const change of waiting.changes(timeout)) {
      void change;
      const seen = await waiting.look();
      if (waiting.holds(seen)) return seen;
      const what = waiting.what(seen);
      if (what !== said) waiting.onProgress?.(what);
      said = what;
    }
  } catch (error) {
    if (!timeout.aborted) throw error;
  }
  if (!timeout.aborted) {
    throw new UserError(
      `the controller ended while waiting for ${said}`,
      'See its log for the reason, then start it again with "juju-local bootstrap".',
    );
  }
  throw new UserError(
    `timed out after ${waiting.timeoutMs / 1000} s waiting for ${said}`,
    'See "juju-local debug-log --replay" for what happens there, or wait longer with --timeout.',
  );
}
