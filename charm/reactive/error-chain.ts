// An error with everything that led to it, as text for the log.

/** Causes followed at most; a longer chain is a loop. */
const causesMax = 10;

/** The stack of the error, then that of its cause, and so on. */
export function errorChain(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < causesMax; depth += 1) {
    lines.push((depth === 0 ? '' : 'Caused by: ') + describe(current));
    if (!(current instanceof Error) || current.cause === undefined) break;
    current = current.cause;
  }
  return lines.join('\n');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
