// What `--help` prints (H5). Juju's own help is longer; the options are the same.

import { dashed, flagKey } from './flags.ts';
import type { FlagDefinition } from './flags.ts';
import type { Tool } from './tool.ts';

/** The flags of a tool with those its format brings. */
export function allFlags(tool: Tool): readonly FlagDefinition[] {
  return tool.formats === null ? tool.flags : [...formatFlags(tool.formats), ...tool.flags];
}

/** Every getter has these two, whatever else it takes (H20). */
function formatFlags(formats: readonly string[]): readonly FlagDefinition[] {
  const offered = [...formats].sort().join('|');
  return [
    {
      names: ['format'],
      kind: 'text',
      help: `specify the output format (${offered}); ${formats[0] ?? ''} by default`,
    },
    { names: ['o', 'output'], kind: 'text', help: 'specify an output file' },
  ];
}

/** Usage, summary and options, in order of the options' names. */
export function toolHelp(tool: Tool): string {
  const flags = [...allFlags(tool)].sort((left, right) =>
    flagKey(left) < flagKey(right) ? -1 : 1,
  );
  const options = flags.map((flag) => {
    const names = flag.names.map(dashed).join(', ');
    return `${names}${flag.kind === 'text' ? ' (= "")' : ''}\n    ${flag.help}\n`;
  });
  const usage =
    `Usage: ${tool.name}${flags.length > 0 ? ' [options]' : ''} ${tool.usage}`.trimEnd();
  const parts = [`${usage}\n`, `Summary:\n${tool.purpose}\n`];
  if (options.length > 0) parts.push(`Options:\n${options.join('')}`);
  return parts.join('\n');
}
