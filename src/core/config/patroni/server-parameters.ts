// The parameters one server is started with: what is configured, what the agent decides, and what this
// version of PostgreSQL knows.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { HostPort } from './agent-config.ts';
import {
  commandLineParameters,
  walKeepSizeDefault,
  withLowerCaseNames,
} from './command-line-parameters.ts';
import { parameterText, readInteger } from './read-value.ts';
import { recoveryParameterNames } from './recovery-parameters.ts';
import { removedParameters } from './removed-parameters.ts';

export interface ServerParametersRequest {
  readonly scope: string;
  readonly listen: HostPort;
  /** For example 150018; 0 where it is not known, then nothing is left out for its sake. */
  readonly serverVersion: number;
  /** Directory of postgresql.conf, for files named by a relative path. */
  readonly configDir: string;
  /** Merged parameters, and those of the member's role, which win. */
  readonly parameters: JsonObject;
  readonly roleParameters: JsonObject;
  /** What `synchronous_standby_names` must be; `configured` leaves it to the configuration. */
  readonly synchronousStandbyNames:
    | { readonly kind: 'configured' }
    | { readonly kind: 'owned'; readonly value: string };
  /** A logical slot of this standby, or of one behind it, needs the primary to keep rows for it. */
  readonly isHotStandbyFeedbackForced: boolean;
  /**
   * Whether the server, which is 17 or later, itself keeps slots of the primary here: `forced` for a permanent one,
   * `kept` for those it has, which hold WAL back as long as they are not moved.
   */
  readonly slotSync: 'configured' | 'forced' | 'kept';
  /** What `synchronized_standby_slots` is where nobody configures it; null: it is not set then. */
  readonly synchronizedStandbySlots: string | null;
  /** Names in lower case the server knows; null while that is not known. */
  readonly knownNames: ReadonlySet<string> | null;
}

export interface ServerParameters {
  /** All of them by name in lower case, sorted; they go to postgresql.conf. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

const nameForm = /^[a-z_][\w$]*(?:\.[a-z_][\w$]*)*$/u;

/** `wal_keep_segments` of before version 13, at 16 MB each, where the size itself is not given. */
function walKeepSize(values: ReadonlyMap<string, string>): string {
  const size = values.get('wal_keep_size');
  if (size !== undefined) return size;
  const segments = readInteger(values.get('wal_keep_segments'));
  return segments === null ? walKeepSizeDefault : `${segments * 16}MB`;
}

/** Why a parameter can't be written; null where it can. */
function refusal(name: string, value: string, request: ServerParametersRequest): string | null {
  const isUnwritable = !nameForm.test(name) || value.includes('\0') || !value.isWellFormed();
  // These are no parameters: they would read another file.
  const isDirective = /^include(?:_dir|_if_exists)?$/u.test(name);
  const removedFrom = removedParameters.get(name) ?? Number.POSITIVE_INFINITY;
  const isUnknown =
    request.knownNames !== null && !name.includes('.') && !request.knownNames.has(name);
  if (isUnwritable || isDirective || isUnknown || request.serverVersion >= removedFrom) {
    return `Removing invalid parameter \`${name}\` from postgresql.parameters`;
  }
  return null;
}

/**
 * Where nobody says otherwise. PostgreSQL's own 5 s would keep standbys, and in synchronous mode every commit, waiting
 * for a primary that has long been started again.
 */
const preferred = { wal_retrieve_retry_interval: '500ms' } as const;

function configuredValues(request: ServerParametersRequest): Map<string, string> {
  const values = new Map<string, string>(Object.entries(preferred));
  for (const parameters of [request.parameters, request.roleParameters]) {
    for (const [name, value] of Object.entries(withLowerCaseNames(parameters))) {
      const text = parameterText(value);
      if (text !== null && !recoveryParameterNames.has(name)) values.set(name, text);
    }
  }
  return values;
}

/** Null leaves it to the configuration. */
function slotSyncOf(
  { slotSync }: ServerParametersRequest,
  configured: ReadonlyMap<string, string>,
): 'on' | null {
  if (slotSync === 'forced') return 'on';
  return slotSync === 'kept' && !configured.has('sync_replication_slots') ? 'on' : null;
}

/** What the agent decides whatever is configured. */
function decidedValues(
  request: ServerParametersRequest,
  configured: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const decided = new Map([
    ['cluster_name', request.scope],
    ['listen_addresses', request.listen.host],
    ['port', String(request.listen.port)],
    ['hot_standby', 'on'],
    ['wal_log_hints', 'on'],
    ['wal_keep_size', walKeepSize(configured)],
  ]);
  const slotSync = slotSyncOf(request, configured);
  if (slotSync !== null) decided.set('sync_replication_slots', slotSync);
  // Without it the server does not keep them.
  if (request.isHotStandbyFeedbackForced || slotSync === 'on') {
    decided.set('hot_standby_feedback', 'on');
    // Each member of a cascade passes on what it heard from the one behind it once in this time. At PostgreSQL's own
    // 10 s a slot at its end would be of no use for as long.
    const interval = configured.get('wal_receiver_status_interval');
    decided.set('wal_receiver_status_interval', interval ?? '1s');
  }
  const walLevel = configured.get('wal_level')?.toLowerCase();
  if (walLevel === 'hot_standby') decided.set('wal_level', 'replica');
  for (const name of ['hba_file', 'ident_file']) {
    const path = configured.get(name);
    if (path !== undefined && !path.startsWith('/')) {
      decided.set(name, `${request.configDir}/${path}`);
    }
  }
  return decided;
}

export function serverParameters(request: ServerParametersRequest): ServerParameters {
  const warnings: string[] = [];
  const configured = configuredValues(request);
  const values = new Map([...configured, ...decidedValues(request, configured)]);
  values.delete('wal_keep_segments');
  if (request.synchronousStandbyNames.kind === 'owned') {
    values.set('synchronous_standby_names', request.synchronousStandbyNames.value);
  }
  const slots = request.synchronizedStandbySlots;
  if (slots !== null && !configured.has('synchronized_standby_slots')) {
    values.set('synchronized_standby_slots', slots);
  }
  const kept: [string, string][] = [];
  for (const [name, value] of values) {
    const why = refusal(name, value, request);
    if (why === null) kept.push([name, value]);
    else warnings.push(why);
  }
  kept.sort(([left], [right]) => (left < right ? -1 : 1));
  return { parameters: Object.fromEntries(kept), warnings };
}

/** Those of the parameters that go on the postmaster's command line, in their order. */
export function onCommandLine(
  parameters: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return [...commandLineParameters.keys()].flatMap((name) => {
    const value = parameters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}
