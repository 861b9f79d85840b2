// Puts the end of a program in words.

import type { CommandEnd } from '#adapters/process/run-command-group.ts';
import { lastWords } from '#adapters/postgres-server/run-program.ts';

/** For example `exited with code 1, saying "..."`; null where it ended well. */
export function failureOf(end: CommandEnd): string | null {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0
        ? null
        : `exited with code ${end.exitCode}, saying "${lastWords(end.lastLines.join('\n'))}"`;
    case 'killed':
      return `was ended by ${end.signal}`;
    case 'cancelled':
      return 'was cancelled';
    case 'not-started':
      return `could not be started: ${end.why}`;
    default:
      return end satisfies never;
  }
}
