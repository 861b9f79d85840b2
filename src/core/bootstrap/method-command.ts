// Outcome of putting a method's command line together.

import { splitCommand } from './split-command.ts';

export type MethodCommand =
  | { readonly kind: 'command'; readonly file: string; readonly args: readonly string[] }
  /** It can't be run; `why` is a sentence for the log. */
  | { readonly kind: 'unusable'; readonly why: string };

/** The command, split into words, followed by these parameters. `place` names where it is configured. */
export function methodCommand(
  place: string,
  command: unknown,
  parameters: readonly string[],
): MethodCommand {
  if (typeof command !== 'string') {
    return { kind: 'unusable', why: `${place} must be text: it is ${JSON.stringify(command)}` };
  }
  const split = splitCommand(command);
  if (split.kind === 'unclosed') {
    return { kind: 'unusable', why: `Cannot read ${place} as a command: ${split.why}` };
  }
  const [file, ...own] = split.words;
  if (file === undefined || file === '') {
    return { kind: 'unusable', why: `${place} names no program: it is "${command}"` };
  }
  return { kind: 'command', file, args: [...own, ...parameters] };
}
