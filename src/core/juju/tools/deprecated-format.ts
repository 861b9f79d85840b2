// Some tools that print nothing still take `--format`, and say on stderr that they no longer look at it (H94).

import type { FlagDefinition } from './flags.ts';
import type { Invocation } from './tool.ts';

export const deprecatedFormatFlag: FlagDefinition = {
  names: ['format'],
  kind: 'text',
  help: 'deprecated format flag',
};

/** The warning has no newline, as Juju's has none. */
export function warnOfFormat(invocation: Invocation): void {
  if ((invocation.flags.get('format') ?? '') === '') return;
  invocation.stderr += `--format flag deprecated for command "${invocation.call.name}"`;
}
