// The keys a server writes, in all generations of the protocol: which generation brought them and which
// bags they stand in. The one table both directions are made from.
//
// W0 are the discrete keys of a unit; W1 adds ready connection strings, the echo of the request and
// subnets; W2 is W1 in the application's bag. Servers here write all of them, clients take the newest.

import type { Settings, SettingsChange } from '../ports.ts';
import { orAbsent, settingOf } from './settings.ts';

export type ServerField =
  | 'host'
  | 'port'
  | 'database'
  | 'user'
  | 'password'
  | 'schemaUser'
  | 'schemaPassword'
  | 'state'
  | 'allowedUnits'
  | 'allowedSubnets'
  | 'master'
  | 'standbys'
  | 'roles'
  | 'extensions'
  | 'version';

export interface KeyRule {
  readonly key: string;
  readonly generation: 'W0' | 'W1';
  /** Facts of one unit stay out of the application's bag, which speaks for all of them. */
  readonly inApplicationBag: boolean;
}

export const SERVER_KEYS: Readonly<Record<ServerField, KeyRule>> = {
  host: { key: 'host', generation: 'W0', inApplicationBag: false },
  port: { key: 'port', generation: 'W0', inApplicationBag: true },
  database: { key: 'database', generation: 'W0', inApplicationBag: true },
  user: { key: 'user', generation: 'W0', inApplicationBag: true },
  password: { key: 'password', generation: 'W0', inApplicationBag: true },
  schemaUser: { key: 'schema_user', generation: 'W0', inApplicationBag: false },
  schemaPassword: { key: 'schema_password', generation: 'W0', inApplicationBag: false },
  state: { key: 'state', generation: 'W0', inApplicationBag: false },
  allowedUnits: { key: 'allowed-units', generation: 'W0', inApplicationBag: true },
  allowedSubnets: { key: 'allowed-subnets', generation: 'W1', inApplicationBag: true },
  master: { key: 'master', generation: 'W1', inApplicationBag: true },
  standbys: { key: 'standbys', generation: 'W1', inApplicationBag: true },
  roles: { key: 'roles', generation: 'W1', inApplicationBag: true },
  extensions: { key: 'extensions', generation: 'W1', inApplicationBag: true },
  version: { key: 'version', generation: 'W1', inApplicationBag: true },
};

/** Values of the server's keys as text; empty where a key is absent. */
export type ServerText = Readonly<Record<ServerField, string>>;

/** The two writes of a server: they belong together, in one hook. */
export interface ServerChange {
  readonly unit: SettingsChange;
  readonly application: SettingsChange;
}

const FIELDS = Object.keys(SERVER_KEYS) as readonly ServerField[];

export function decodeServerText(settings: Settings): ServerText {
  const entries = FIELDS.map((field) => [field, settingOf(settings, SERVER_KEYS[field].key)]);
  return Object.fromEntries(entries) as ServerText;
}

/**
 * Names every key of the protocol, so that what is no longer said is taken away (T57), and no other key:
 * Juju's own keys in the same bag are never written back (T49).
 */
export function encodeServerText(text: Partial<ServerText>): ServerChange {
  const unit: Record<string, string | null> = {};
  const application: Record<string, string | null> = {};
  for (const field of FIELDS) {
    const { key, inApplicationBag } = SERVER_KEYS[field];
    unit[key] = orAbsent(text[field] ?? '');
    if (inApplicationBag) application[key] = unit[key];
  }
  return { unit, application };
}

/** True where a bag holds a key that servers of the first generation never write. */
export function isBeyondFirstGeneration(text: ServerText): boolean {
  // The echoes do not count: servers write them beside the first generation's keys.
  const tells: readonly ServerField[] = ['master', 'standbys', 'allowedSubnets', 'version'];
  return tells.some((field) => text[field] !== '');
}

export const SERVER_STATES = ['standalone', 'master', 'hot standby'] as const;

/** What a server unit is. `standalone` is a primary without peers. */
export type ServerState = (typeof SERVER_STATES)[number];

/** Null for anything but the three words. */
export function parseServerState(text: string): ServerState | null {
  return SERVER_STATES.find((state) => state === text) ?? null;
}

/** True where the unit says it accepts writes. */
export function isWriterState(state: ServerState | null): boolean {
  return state === 'master' || state === 'standalone';
}

/** True for a decimal number from 1 to 65535 (T15). */
export function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}
