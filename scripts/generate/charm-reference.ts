// The reference page of a charm: its endpoints, options, actions and storage, from its own files.

import { type CharmYaml, roles } from './charm-yaml.ts';

/** A paragraph on one line, fit for a table's cell. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(header) + line(header.map(() => '---')) + rows.map(line).join('');
}

function section(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return rows.length === 0 ? '' : `## ${title}\n\n${table(header, rows)}\n`;
}

/** Text of `docs/reference/NAME.md`. */
export function charmReference(files: CharmYaml): string {
  const { metadata } = files;
  const endpoints = roles.flatMap((role) =>
    Object.entries(metadata[role] ?? {}).map(([name, endpoint]) => [
      `\`${name}\``,
      role,
      `\`${endpoint.interface}\``,
    ]),
  );
  const options = Object.entries(files.config.options).map(([name, option]) => [
    `\`${name}\``,
    option.type,
    `\`${JSON.stringify(option.default ?? null)}\``,
    oneLine(option.description),
  ]);
  const actions = Object.entries(files.actions).map(([name, action]) => [
    `\`${name}\``,
    Object.keys(action.params ?? {})
      .map((key) => `\`${key}\``)
      .join(', ') || 'none',
    oneLine(action.description),
  ]);
  const storage = Object.entries(metadata.storage ?? {}).map(([name, one]) => [
    `\`${name}\``,
    one.type,
    oneLine(one.description),
  ]);
  return (
    [
      `<!-- Made from the charm's files by \`npm run generate\`; do not edit. -->\n\n# ${metadata.name}\n`,
      `${metadata.description.trim()}\n`,
      section('Endpoints', ['endpoint', 'role', 'interface'], endpoints) +
        section('Configuration', ['option', 'type', 'default', 'meaning'], options) +
        section('Actions', ['action', 'parameters', 'what it does'], actions) +
        section('Storage', ['storage', 'type', 'what for'], storage),
    ]
      .join('\n')
      .trimEnd() + '\n'
  );
}
