// A charm's metadata as a TypeScript module, for its hooks.

import { type CharmYaml, roles } from './charm-yaml.ts';

/** JSON is a subset of TypeScript's literals; an object a line keeps differences readable. */
function literal(entries: readonly (readonly [string, unknown])[]): string {
  return entries
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
    .join('');
}

/** Text of `charm-files.gen.ts`. */
export function charmModule(files: CharmYaml): string {
  const endpoints = roles.flatMap((role) =>
    Object.entries(files.metadata[role] ?? {}).map(
      ([name, endpoint]) => [name, { role, interface: endpoint.interface }] as const,
    ),
  );
  const defaults = Object.entries(files.config.options).map(
    ([name, option]) => [name, option.default ?? null] as const,
  );
  const types = Object.entries(files.config.options).map(
    ([name, option]) =>
      `  readonly ${JSON.stringify(name)}: ${option.type === 'boolean' ? 'boolean' : option.type === 'int' || option.type === 'float' ? 'number' : 'string'} | null;\n`,
  );
  return [
    '// Made from metadata.yaml, config.yaml and actions.yaml by `npm run generate`; do not edit.\n\n',
    `export const charmName = ${JSON.stringify(files.metadata.name)} as const;\n\n`,
    '/** Endpoints and what they are. */\n',
    `export const endpoints = {\n${literal(endpoints)}} as const;\n\n`,
    '/** Options as they are when nobody set them. */\n',
    `export const configDefaults: CharmConfig = {\n${literal(defaults)}};\n\n`,
    `export interface CharmConfig {\n${types.join('')}}\n\n`,
    `export const actionNames = ${JSON.stringify(Object.keys(files.actions))} as const;\n`,
  ].join('');
}
