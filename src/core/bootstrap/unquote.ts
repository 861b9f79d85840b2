// Takes the quotes off an option's value that people put there for a shell, as no shell will.

import { splitCommand } from './split-command.ts';

/** The value without its quotes, where all of it is one shell word; any other value as it is. */
export function unquote(value: string): string {
  const split = splitCommand(value);
  const [only] = split.kind === 'words' ? split.words : [];
  return only !== undefined && split.kind === 'words' && split.words.length === 1 ? only : value;
}
