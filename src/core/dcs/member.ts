// The key `members/<name>`: what one member says of itself, every turn.

import type { JsonObject, Member } from './cluster.ts';
import { asCount, asObject, asText, parseJsonObject } from './json.ts';
import { asPosition } from './position.ts';

/** Reads any value whatsoever; what can't be understood is left out. */
export function readMember(name: string, value: string, session: string): Member {
  const data = memberData(value);
  const after = data['checkpoint_after_promote'];
  return {
    name,
    session,
    data,
    connUrl: connUrlOf(data),
    apiUrl: asText(data['api_url']),
    state: asText(data['state']) ?? 'unknown',
    role: publishedRole(data),
    version: asText(data['version']),
    tags: asObject(data['tags']) ?? {},
    xlogLocation: asPosition(data['xlog_location']),
    timeline: asCount(data['timeline']),
    replicationState: asText(data['replication_state']),
    checkpointAfterPromote: typeof after === 'boolean' ? after : null,
  };
}

/** JSON; or, from before Patroni had a name, a connection string that carries the API's address. */
function memberData(value: string): JsonObject {
  if (!value.startsWith('postgres')) return parseJsonObject(value) ?? {};
  const at = value.indexOf('?');
  if (at === -1) return { conn_url: value };
  const apiUrl = value
    .slice(at + 1)
    .split('&')
    .find((pair) => pair.startsWith('application_name='))
    ?.slice('application_name='.length);
  return {
    conn_url: value.slice(0, at),
    ...(apiUrl === undefined ? {} : { api_url: decoded(apiUrl) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function connUrlOf(data: JsonObject): string | null {
  const url = asText(data['conn_url']);
  if (url !== null) return url;
  const parameters = asObject(data['conn_kwargs']);
  const host = asText(parameters?.['host']);
  if (host === null) return null;
  const port = asCount(parameters?.['port']) ?? 5432;
  return `postgresql://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function publishedRole(data: JsonObject): string {
  const role = asText(data['role']) ?? '';
  return role === 'master' ? 'primary' : role;
}
