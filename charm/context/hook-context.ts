// What Juju tells a hook about itself, read once and frozen. Nothing else looks at the environment,
// so that every fact a charm decides on can be given to it in a test.

import { HookContextError } from './hook-context-error.ts';
import type { JujuVersion } from './juju-version.ts';
import { parseJujuVersion } from './juju-version.ts';
import type { RelationContext, WorkloadContext } from './event-context.ts';
import { readRelation, readSecret, readStorage, readWorkload } from './event-context.ts';
import type { SecretContext, StorageContext } from './event-context.ts';

export interface ActionContext {
  /** Name of the action, for example `check`. */
  readonly name: string;
  /** Id of the task, for example `14`. */
  readonly uuid: string;
  /** For example `action-14`. */
  readonly tag: string;
}

export interface ProxyContext {
  /** For example `http://squid.internal:3128`; empty where the model has none. */
  readonly http: string;
  readonly https: string;
  readonly ftp: string;
  /** Hosts and networks that are reached directly, separated by commas. */
  readonly none: string;
}

export interface SeriesUpgradeContext {
  /** For example `ubuntu@22.04`. */
  readonly base: string;
  /** For example `jammy`. */
  readonly series: string;
}

export interface HookContext {
  /** What to dispatch on (W1): `db-relation-changed`, `install`, an action's or a custom event's name. */
  readonly dispatchName: string;
  /** `custom` is an event of the charm's own, raised with juju-exec: there is no hook name then (H255). */
  readonly kind: 'hook' | 'action' | 'custom';
  /** For example `app/0-install-5f8c01`; changes with every hook. */
  readonly contextId: string;
  /** For example `postgresql/0`. */
  readonly unitName: string;
  /** For example `postgresql`. */
  readonly applicationName: string;
  /** For example 0. */
  readonly unitNumber: number;
  /** For example `/var/lib/juju/agents/unit-postgresql-0/charm`. */
  readonly charmDir: string;
  /** For example `96ea8a4f-5d5b-4f0e-8a3e-0e4c0dd1a1d3`. */
  readonly modelUuid: string;
  /** For example `production`. */
  readonly modelName: string;
  readonly jujuVersion: JujuVersion;
  /** For example `0` or `0/lxd/1`; empty on Kubernetes. */
  readonly machineId: string;
  /** A subordinate's principal, for example `app/2`; null otherwise. */
  readonly principalUnit: string | null;
  /** For example `eu-west-1a`; empty where the cloud has none. */
  readonly availabilityZone: string;
  /** For example `['10.0.0.1:17070']`. */
  readonly apiAddresses: readonly string[];
  readonly proxies: ProxyContext;
  /** The relation of a relation hook, or of `juju-exec -r`; null elsewhere. */
  readonly relation: RelationContext | null;
  readonly storage: StorageContext | null;
  readonly secret: SecretContext | null;
  readonly action: ActionContext | null;
  readonly workload: WorkloadContext | null;
  /** Only in the hooks around an upgrade of the machine's base (Juju 3.6 and older). */
  readonly seriesUpgrade: SeriesUpgradeContext | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the context of this hook. Empty variables count as absent (E50).
 * @throws HookContextError when it was not Juju that started the program, or a variable makes no sense
 */
export function readHookContext(environment: Environment): HookContext {
  const read = (name: string): string => environment[name] ?? '';
  const charmDir = read('JUJU_CHARM_DIR') || read('CHARM_DIR');
  const dispatchPath = read('JUJU_DISPATCH_PATH');
  const dispatchName = basename(dispatchPath) || read('JUJU_HOOK_NAME');
  requireAll(read, charmDir, dispatchName);
  const unit = /^(?<application>.+)\/(?<number>\d+)$/.exec(read('JUJU_UNIT_NAME'))?.groups;
  if (unit?.['application'] === undefined) {
    throw new HookContextError(
      'invalid',
      `Cannot read JUJU_UNIT_NAME: found '${read('JUJU_UNIT_NAME')}', need a name like 'app/0'`,
    );
  }
  const kind = kindOf(dispatchPath, read);
  return deepFreeze({
    dispatchName,
    kind,
    contextId: read('JUJU_CONTEXT_ID'),
    unitName: read('JUJU_UNIT_NAME'),
    applicationName: unit['application'],
    unitNumber: Number(unit['number']),
    charmDir,
    modelUuid: read('JUJU_MODEL_UUID'),
    modelName: read('JUJU_MODEL_NAME'),
    jujuVersion: parseJujuVersion(read('JUJU_VERSION')),
    machineId: read('JUJU_MACHINE_ID'),
    principalUnit: read('JUJU_PRINCIPAL_UNIT') || null,
    availabilityZone: read('JUJU_AVAILABILITY_ZONE'),
    apiAddresses: read('JUJU_API_ADDRESSES').split(/\s+/).filter(Boolean),
    proxies: readProxies(read),
    relation: readRelation(read, dispatchName, kind),
    storage: readStorage(read),
    secret: readSecret(read),
    action: kind === 'action' ? readAction(read, dispatchName) : null,
    workload: readWorkload(read),
    seriesUpgrade: readSeriesUpgrade(read),
  });
}

/**
 * An action's dispatch path begins with `actions/`. A custom event comes with a path like a hook's
 * but without a hook name, as Juju does not know it. JUJU_ACTION_NAME does not decide: `juju exec` is
 * an action to Juju, and a custom event raised by it is none to the charm (H257).
 */
function kindOf(dispatchPath: string, read: (name: string) => string): HookContext['kind'] {
  if (dispatchPath.split('/').at(-2) === 'actions') return 'action';
  return read('JUJU_HOOK_NAME') === '' ? 'custom' : 'hook';
}

function requireAll(read: (name: string) => string, charmDir: string, dispatch: string): void {
  const missing = ['JUJU_UNIT_NAME', 'JUJU_CONTEXT_ID'].filter((name) => read(name) === '');
  if (charmDir === '') missing.push('JUJU_CHARM_DIR');
  if (dispatch === '') missing.push('JUJU_DISPATCH_PATH');
  if (missing.length === 0) return;
  throw new HookContextError(
    'noContext',
    `Cannot find the hook to run: ${missing.join(', ')} not set. Juju sets these when it runs a ` +
      `charm's hook; to run one by hand use juju-exec with JUJU_DISPATCH_PATH=hooks/<name>`,
  );
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function readAction(read: (name: string) => string, dispatchName: string): ActionContext {
  return {
    name: read('JUJU_ACTION_NAME') || dispatchName,
    uuid: read('JUJU_ACTION_UUID'),
    tag: read('JUJU_ACTION_TAG'),
  };
}

function readProxies(read: (name: string) => string): ProxyContext {
  return {
    http: read('JUJU_CHARM_HTTP_PROXY'),
    https: read('JUJU_CHARM_HTTPS_PROXY'),
    ftp: read('JUJU_CHARM_FTP_PROXY'),
    none: read('JUJU_CHARM_NO_PROXY'),
  };
}

function readSeriesUpgrade(read: (name: string) => string): SeriesUpgradeContext | null {
  const base = read('JUJU_TARGET_BASE');
  const series = read('JUJU_TARGET_SERIES');
  return base === '' && series === '' ? null : { base, series };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  }
  return Object.freeze(value);
}
