// Reads the charm's configuration into what it means, and says in a sentence what can't be used.
// Pure: values in, settings and problems out.

import { type ClusterSettings, readClusterSettings } from './cluster-settings.ts';

/** Configuration as config-get gives it. */
export type ConfigValues = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Settings {
  /** Major version asked for, or "" for the newest the distribution has. */
  readonly version: string;
  readonly port: number;
  readonly locale: string;
  readonly maxConnections: number;
  /** Privileges on its database that a client's user gets, in upper case. */
  readonly privileges: readonly string[];
  readonly adminAddresses: readonly string[];
  /** Settings of PostgreSQL by name, from extra-pg-conf. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Lines for pg_hba.conf, from extra-pg-auth. */
  readonly extraHba: readonly string[];
  /** Only with endpoints of etcd: without them there is a single server. */
  readonly cluster?: ClusterSettings;
}

export interface SettingsAnswer {
  readonly settings: Settings;
  /** One sentence for each option that can't be used; its default stands in `settings`. */
  readonly problems: readonly string[];
}

const databasePrivileges: readonly string[] = ['ALL', 'CONNECT', 'CREATE', 'TEMPORARY', 'TEMP'];

/** Names the charm decides itself: a client, or Juju, relies on them. */
const reservedParameters: readonly string[] = [
  'data_directory',
  'external_pid_file',
  'hba_file',
  'ident_file',
  'config_file',
  'listen_addresses',
  'port',
  'unix_socket_directories',
  'password_encryption',
];

type Problems = string[];

function text(values: ConfigValues, key: string): string {
  const value = values[key];
  return value === null || value === undefined ? '' : String(value).trim();
}

function wholeNumber(
  values: ConfigValues,
  key: string,
  limits: { readonly least: number; readonly most: number; readonly fallback: number },
  problems: Problems,
): number {
  const value = values[key] ?? limits.fallback;
  if (typeof value === 'number' && Number.isInteger(value)) {
    if (value >= limits.least && value <= limits.most) {
      return value;
    }
  }
  problems.push(
    `Cannot use ${key} ${JSON.stringify(value)}: set it to a whole number from ${limits.least} to ${limits.most}`,
  );
  return limits.fallback;
}

function readVersion(values: ConfigValues, problems: Problems): string {
  const version = text(values, 'version');
  if (version === '' || /^[1-9][0-9]$/u.test(version)) {
    return version;
  }
  problems.push(
    `Cannot use version ${JSON.stringify(version)}: give a major version such as "15", or "" for the newest`,
  );
  return '';
}

function readLocale(values: ConfigValues, problems: Problems): string {
  const locale = text(values, 'locale');
  if (/^[A-Za-z0-9_.@-]{1,64}$/u.test(locale)) {
    return locale;
  }
  problems.push(`Cannot use locale ${JSON.stringify(locale)}: give a name such as C.UTF-8`);
  return 'C.UTF-8';
}

function readPrivileges(values: ConfigValues, problems: Problems): readonly string[] {
  const wanted = text(values, 'relation-database-privileges')
    .split(',')
    .map((item) => item.trim().toUpperCase())
    .filter((item) => item !== '');
  const unknown = wanted.filter((item) => !databasePrivileges.includes(item));
  if (unknown.length > 0 || wanted.length === 0) {
    problems.push(
      `Cannot use relation-database-privileges ${JSON.stringify(unknown.join(','))}: ` +
        `choose from ${databasePrivileges.slice(0, 4).join(', ')}`,
    );
    return ['ALL'];
  }
  return wanted;
}

/** `name = value` a line; the value may stand in single quotes, # begins a comment. */
function readParameters(
  values: ConfigValues,
  problems: Problems,
): Readonly<Record<string, string>> {
  const parameters = new Map<string, string>();
  for (const line of text(values, 'extra-pg-conf').split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) {
      continue;
    }
    const match =
      /^([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=|\s)\s*('(?:[^']|'')*'|[^'#\s]+)\s*(?:#.*)?$/u.exec(
        trimmed,
      );
    const name = match?.[1]?.toLowerCase();
    const value = match?.[2];
    if (name === undefined || value === undefined) {
      problems.push(
        `Cannot read extra-pg-conf line ${JSON.stringify(trimmed)}: write name = value`,
      );
    } else if (reservedParameters.includes(name)) {
      problems.push(`Cannot set ${name} in extra-pg-conf: the charm decides it`);
    } else {
      parameters.set(
        name,
        value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value,
      );
    }
  }
  return Object.fromEntries(parameters);
}

/** Reads the whole configuration; never throws, so that one bad option does not hide the others. */
export function readSettings(values: ConfigValues): SettingsAnswer {
  const problems: Problems = [];
  const cluster = readClusterSettings(values, problems);
  const settings: Settings = {
    version: readVersion(values, problems),
    port: wholeNumber(values, 'port', { least: 1, most: 65_535, fallback: 5432 }, problems),
    locale: readLocale(values, problems),
    maxConnections: wholeNumber(
      values,
      'max-connections',
      { least: 20, most: 10_000, fallback: 100 },
      problems,
    ),
    privileges: readPrivileges(values, problems),
    adminAddresses: text(values, 'admin-addresses')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
    parameters: readParameters(values, problems),
    extraHba: text(values, 'extra-pg-auth')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    ...(cluster === undefined ? {} : { cluster }),
  };
  return { settings, problems };
}

/**
 * Options that are chosen once: what differs from how the cluster was made, a sentence each.
 *
 * @param made null before there is a cluster
 */
export function frozenProblems(
  settings: Settings,
  made: { readonly version: string; readonly locale: string } | null,
): readonly string[] {
  if (made === null) {
    return [];
  }
  return [
    ...(settings.version !== '' && settings.version !== made.version
      ? [
          `Cannot change version to ${settings.version}: PostgreSQL ${made.version} is installed; set it back`,
        ]
      : []),
    ...(settings.locale !== made.locale
      ? [
          `Cannot change locale to ${settings.locale}: the cluster was made with ${made.locale}; set it back`,
        ]
      : []),
  ];
}
