// The reference page of juju-local: what its command line says of itself, verb by verb.

import type { Command } from 'commander';
import { createProgram } from '#juju-local/cli/program.ts';
import { Session } from '#juju-local/cli/session.ts';

/** Fixed, so that the page does not depend on the terminal it is made in. */
const widthColumns = 92;

/** The controller's own process, which nobody starts by hand. */
const internal: ReadonlySet<string> = new Set(['controller']);

/** A command with all below it, in the order of the help; a verb of verbs is followed by those. */
function withChildren(command: Command, path: readonly string[]): readonly string[] {
  command.configureHelp({ helpWidth: widthColumns });
  const isTop = path.length === 1;
  const aliases = command.aliases();
  const also =
    aliases.length === 0
      ? ''
      : `\nAlso called: ${aliases.map((name) => `\`${name}\``).join(', ')}.\n`;
  const own = `${isTop ? '##' : '###'} ${path.join(' ')}\n${also}\n\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\`\n`;
  // `fault` is hidden among the verbs of every day; its own verbs are what one comes here for.
  const children = command.commands.filter((child) => !internal.has(child.name()) || !isTop);
  return [own, ...children.flatMap((child) => withChildren(child, [...path, child.name()]))];
}

/** Text of `docs/reference/juju-local.md`. */
export function cliReference(): string {
  const program = createProgram(new Session());
  return [
    '<!-- Made from the program itself by `npm run generate`; do not edit. -->\n\n# juju-local\n',
    "Where a verb has the name of one of Juju's, it has its options and its output too. How to use the",
    'program is in the [how-to pages](../README.md); what it promises is in',
    '[how juju-local works](../explanation/juju-local.md).\n',
    '`fault` is not listed among the verbs: nobody should find it by accident.\n',
    ...withChildren(program, ['juju-local']),
  ].join('\n');
}
