// Checks of positionals that every tool makes the same way.

import { goQuoteList } from './go-quote.ts';
import { usageError } from './tool.ts';

/** Exit 2 for positionals a tool has no use for (H9). */
export function requireNoMore(rest: readonly string[]): void {
  if (rest.length > 0) throw usageError(`unrecognized args: ${goQuoteList(rest)}`);
}
