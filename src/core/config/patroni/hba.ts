// The texts of pg_hba.conf: what is configured, what is added to the file initdb made, and what lets the
// agent in while the passwords of a restored cluster are not known.

import type { PostgresqlConfig } from './agent-config.ts';
import type { RoleVariant } from './role-variant.ts';

const header = '# Written by pg-agent from its configuration. Changes made here are lost.';

/** The whole file. */
export function hbaText(lines: readonly string[]): string {
  return [header, ...lines, ''].join('\n');
}

/** The lines for a role; null where the file is to be left as it is. */
export function hbaLinesFor(config: PostgresqlConfig, role: RoleVariant): readonly string[] | null {
  return config.pgHbaByRole[role] ?? config.pgHba;
}

/** The file with the lines of `bootstrap.pg_hba` behind those it has. */
export function appendHbaLines(text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text;
  const kept = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${kept}\n${lines.join('\n')}\n`;
}

/** Names that hold anything but word characters have to be quoted, as do words the file gives a meaning. */
function quoteName(name: string): string {
  if (/^[\w$-]+$/u.test(name) && !/^(?:all|replication|sameuser|samerole)$/u.test(name))
    return name;
  return `"${name.replaceAll('"', '""')}"`;
}

export interface CustomBootstrapAccess {
  readonly replicationUser: string;
  /** Null: not known; then anybody. */
  readonly superuser: string | null;
  /** Addresses of this machine the agent connects to the server from. */
  readonly addresses: readonly string[];
}

/**
 * The whole file while a custom bootstrap runs: what was restored has passwords nobody may know, so this
 * machine's own addresses are trusted, and nobody else comes in.
 */
export function customBootstrapHba(access: CustomBootstrapAccess): string {
  const superuser = access.superuser === null ? 'all' : quoteName(access.superuser);
  const places: readonly (readonly [string, string])[] = [
    ['local', ''],
    ...access.addresses.map(
      (address) => ['host', `${address}/${address.includes(':') ? 128 : 32}`] as const,
    ),
  ];
  const lines = places.flatMap(([type, address]) => [
    [type, 'replication', quoteName(access.replicationUser), address, 'trust'].join('\t'),
    [type, 'all', superuser, address, 'trust'].join('\t'),
  ]);
  return hbaText(lines);
}
