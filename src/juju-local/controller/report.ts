// How a new controller tells the one who started it that it serves, or why it does not.

import { closeSync, writeSync } from 'node:fs';

import { errorCode } from '#adapters/files/error-code.ts';
import { ModelError } from '#core/juju/model-error.ts';

import { reportDescriptor } from '../start-controller.ts';
import { UserError } from '../user-error.ts';

/** Writes `ready`, or a message and a hint on two lines, and closes the pipe. */
export function report(text: string): void {
  try {
    writeSync(reportDescriptor, text);
    closeSync(reportDescriptor);
  } catch (error) {
    // Nobody listens: started by hand, or the one that waited has gone.
    if (!['EBADF', 'EPIPE', 'EINVAL'].includes(errorCode(error))) throw error;
  }
}

/** The two lines of a report for an error a user can mend; null for any other error. */
export function complaint(error: unknown): string | null {
  if (error instanceof UserError || error instanceof ModelError) {
    return `${error.message}\n${error.hint}`;
  }
  return null;
}
