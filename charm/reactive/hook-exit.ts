// Leaving a hook early. `process.exit` inside a handler would lose what the hook wrote, as nothing
// would flush it; this is the typed way, and `main` does the rest.

/**
 * Thrown by a handler to end the hook at once. Code 0 is success: the remaining handlers are
 * skipped and what was written so far is kept (T33). Any other code is a failure: everything is
 * rolled back, and Juju runs the same hook again.
 */
export class HookExit extends Error {
  override readonly name: string = 'HookExit';
  readonly exitCode: number;

  /** @param exitCode whole number from 0 to 255, as a process can exit with */
  constructor(exitCode: number = 0) {
    super(`Hook ends early with exit code ${exitCode}`);
    if (!Number.isInteger(exitCode) || exitCode < 0 || exitCode > 255) {
      throw new RangeError(
        `Cannot exit with ${exitCode}: an exit code is a whole number from 0 to 255`,
      );
    }
    this.exitCode = exitCode;
  }
}
