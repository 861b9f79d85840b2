// One bag of a server as a client reads it: texts turned into values, and what is wrong with them.
// Nothing here decides whether to use the bag; that is readiness.ts.

import type { Settings } from '../ports.ts';
import { ConnectionString } from './connection-string.ts';
import { parseConnectionStringList } from './connection-string-list.ts';
import { decodeServerText, isPort, parseServerState } from './protocol.ts';
import type { ServerState, ServerText } from './protocol.ts';
import { splitList, splitUnits } from './settings.ts';

export interface ServerBag {
  /** The unit that wrote it; null for the application's bag. */
  readonly unit: string | null;
  /** The values as they came, for comparing echoes to the letter. */
  readonly text: ServerText;
  readonly state: ServerState | null;
  readonly allowedUnits: readonly string[];
  readonly allowedSubnets: readonly string[];
  readonly master: ConnectionString | null;
  readonly standbys: readonly ConnectionString[];
  /** The connection string of this very server, made of its discrete keys; null while they are incomplete. */
  readonly own: ConnectionString | null;
  /** What a person should know about the bag, in words without secrets. */
  readonly warnings: readonly string[];
}

/** Reads one bag. Never throws: another's mistake must not fail our hook (T1). */
export function decodeServerBag(unit: string | null, settings: Settings): ServerBag {
  const text = decodeServerText(settings);
  const master = text.master === '' ? null : ConnectionString.tryParse(text.master);
  // Beyond being readable, a string must hold all a client needs: half of one is no offer.
  const isMasterUsable = master !== null && isComplete(master);
  const { strings, unreadable } = parseConnectionStringList(text.standbys);
  const standbys = strings.filter((string) => isComplete(string));
  const own = ownConnection(text);

  const warnings: string[] = [];
  // Warnings name the writer and the fault, never the text: it may hold a password (T18).
  const writer = unit ?? 'the application';
  if (text.port !== '' && !isPort(text.port)) {
    warnings.push(`${writer} publishes a port that is not a number from 1 to 65535`);
  }
  if (text.master !== '' && !isMasterUsable) {
    warnings.push(`${writer} publishes a master that names no usable server and credentials`);
  }
  if (unreadable > 0 || standbys.length < strings.length) {
    warnings.push(`${writer} publishes standbys that name no usable server and credentials`);
  }
  return {
    unit,
    text,
    state: parseServerState(text.state),
    allowedUnits: splitUnits(text.allowedUnits),
    allowedSubnets: splitList(text.allowedSubnets),
    master: isMasterUsable ? master : null,
    standbys,
    own,
    warnings,
  };
}

/** A string a client can connect with: who, what and where, and ports that are ports (T15, T29). */
function isComplete(string: ConnectionString): boolean {
  const host = string.host ?? string.get('hostaddr') ?? '';
  const ports = (string.port ?? '').split(',');
  return (
    host.trim() !== '' &&
    string.dbname !== null &&
    string.user !== null &&
    string.password !== null &&
    ports.every((port) => port === '' || isPort(port))
  );
}

/** Host, port, database, user and password of the unit itself: all of them, or nothing to connect with. */
function ownConnection(text: ServerText): ConnectionString | null {
  const { host, port, database, user, password } = text;
  if (host.trim() === '' || !isPort(port) || database === '' || user === '' || password === '') {
    return null;
  }
  return new ConnectionString({ host, port, dbname: database, user, password });
}
