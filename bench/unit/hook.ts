// The hooks the bench runs, and the environment Juju gives each: exactly this and nothing inherited (E30).

/** A relation of the unit, as its own hooks see it. */
export interface RelationEnd {
  readonly endpoint: string;
  readonly number: number;
  /** For a peer relation our own application (E40). */
  readonly application: string;
  readonly unit: string;
}

export type Hook =
  | {
      readonly kind: 'unit';
      readonly name:
        | 'install'
        | 'leader-elected'
        | 'config-changed'
        | 'start'
        | 'update-status'
        | 'stop';
    }
  | {
      readonly kind: 'storage';
      readonly event: 'attached' | 'detaching';
      readonly storage: string;
      readonly location: string;
    }
  | {
      readonly kind: 'relation';
      readonly event: 'created' | 'joined' | 'changed';
      readonly relation: RelationEnd;
    };

/** Where a unit's agent keeps things. */
export interface UnitPaths {
  readonly charmDirectory: string;
  readonly toolsDirectory: string;
}

export const localApplication = 'postgresql';
export const localUnit = 'postgresql/0';

/** PATH of a machine's agent, behind the hook tools. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** For example `db-relation-changed`. */
export function hookName(hook: Hook): string {
  switch (hook.kind) {
    case 'unit':
      return hook.name;
    case 'storage':
      return `${hook.storage}-storage-${hook.event}`;
    case 'relation':
      return `${hook.relation.endpoint}-relation-${hook.event}`;
    default:
      return hook satisfies never;
  }
}

/** For example `db:7`. */
export function relationName(relation: RelationEnd): string {
  return `${relation.endpoint}:${relation.number}`;
}

/** All variables of one hook. */
export function hookEnvironment(hook: Hook, paths: UnitPaths): Readonly<Record<string, string>> {
  const name = hookName(hook);
  return {
    CHARM_DIR: paths.charmDirectory,
    JUJU_CHARM_DIR: paths.charmDirectory,
    JUJU_CONTEXT_ID: `${localUnit}-${name}-5f2ad1e09c47b836`,
    JUJU_HOOK_NAME: name,
    JUJU_DISPATCH_PATH: `hooks/${name}`,
    // The tools of the bench need no socket; a charm passes these on and looks into neither.
    JUJU_AGENT_SOCKET_ADDRESS: `${paths.charmDirectory}/../agent.socket`,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_UNIT_NAME: localUnit,
    JUJU_MODEL_UUID: '3b1c8f52-70a5-4d0e-9b5e-6d2f1a9c4e77',
    JUJU_MODEL_NAME: 'bench',
    JUJU_API_ADDRESSES: '127.0.0.1:17070',
    JUJU_MACHINE_ID: '0',
    JUJU_PRINCIPAL_UNIT: '',
    JUJU_AVAILABILITY_ZONE: '',
    JUJU_VERSION: '3.6.9',
    CLOUD_API_VERSION: '',
    JUJU_SLA: 'unsupported',
    JUJU_CHARM_HTTP_PROXY: '',
    JUJU_CHARM_HTTPS_PROXY: '',
    JUJU_CHARM_FTP_PROXY: '',
    JUJU_CHARM_NO_PROXY: '',
    PATH: `${paths.toolsDirectory}:${systemPath}`,
    APT_LISTCHANGES_FRONTEND: 'none',
    DEBIAN_FRONTEND: 'noninteractive',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
    ...eventVariables(hook),
  };
}

function eventVariables(hook: Hook): Readonly<Record<string, string>> {
  switch (hook.kind) {
    case 'unit':
      return {};
    case 'storage':
      return {
        JUJU_STORAGE_ID: `${hook.storage}/0`,
        JUJU_STORAGE_LOCATION: hook.location,
        JUJU_STORAGE_KIND: 'filesystem',
      };
    case 'relation':
      return {
        JUJU_RELATION: hook.relation.endpoint,
        JUJU_RELATION_ID: relationName(hook.relation),
        JUJU_REMOTE_APP: hook.relation.application,
        JUJU_REMOTE_UNIT: hook.event === 'created' ? '' : hook.relation.unit,
      };
    default:
      return hook satisfies never;
  }
}
