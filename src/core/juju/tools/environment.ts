// The environment a hook's process gets: exactly this list and nothing inherited (1.3). A charm that finds
// HOME or USER in it would find them nowhere else.

import { machineNumbered, unitNamed } from '../find.ts';
import type { HookInfo, Model, Unit } from '../model.ts';
import { own } from '../own.ts';
import { hookName } from '../uniter/hook-name.ts';
import { relationName } from './context-relations.ts';
import type { ContextKind, HookContext } from './hook-context.ts';

export { toolNames } from './tool-table.ts';

export interface HookPaths {
  readonly charmDir: string;
  readonly toolsDir: string;
  /** Path of the socket the tools talk to; charms only pass it on. */
  readonly agentSocket: string;
  readonly apiAddresses: readonly string[];
  /** PATH of the agent, after which the tools directory is put in front. */
  readonly systemPath: string;
}

export type Environment = Record<string, string>;

/**
 * `JUJU_CONTEXT_ID` for a new context: unit, name of what runs, and random hex digits. An action's name
 * comes from the model's task; juju-exec is called `run-commands`.
 */
export function newContextId(
  model: Model,
  unit: string,
  kind: ContextKind,
  random: () => number,
): string {
  const digits = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16));
  return `${unit}-${contextName(model, unit, kind)}-${digits.join('')}`;
}

function contextName(model: Model, unit: string, kind: ContextKind): string {
  switch (kind.kind) {
    case 'hook':
      return hookName(model, unit, kind.hook);
    case 'action':
      return actionName(model, kind.task);
    case 'exec':
      return 'run-commands';
    default:
      return kind satisfies never;
  }
}

/** All variables of one hook, action or juju-exec, from the model as it was when the context was made. */
export function hookEnvironment(context: HookContext, paths: HookPaths): Environment {
  const unit = unitNamed(context.start, context.unit);
  return {
    ...commonVariables(context, unit, paths),
    ...proxyVariables(context.start),
    ...dispatchVariables(context),
    ...relationVariables(context),
    ...(context.kind.kind === 'hook' ? hookVariables(context, context.kind.hook) : {}),
  };
}

/** What every process gets, on an Ubuntu machine under Juju 3.6. No cloud stands behind the model. */
function commonVariables(context: HookContext, unit: Unit, paths: HookPaths): Environment {
  const { start } = context;
  return {
    CHARM_DIR: paths.charmDir,
    JUJU_CHARM_DIR: paths.charmDir,
    JUJU_CONTEXT_ID: context.contextId,
    JUJU_AGENT_SOCKET_ADDRESS: paths.agentSocket,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_UNIT_NAME: context.unit,
    JUJU_MODEL_UUID: start.uuid,
    JUJU_MODEL_NAME: start.name,
    JUJU_API_ADDRESSES: paths.apiAddresses.join(' '),
    JUJU_MACHINE_ID: machineNumbered(start, unit.machine).id,
    JUJU_PRINCIPAL_UNIT: unit.principal ?? '',
    JUJU_AVAILABILITY_ZONE: '',
    JUJU_VERSION: start.jujuVersion,
    CLOUD_API_VERSION: '',
    JUJU_SLA: 'unsupported',
    PATH: `${paths.toolsDir}:${paths.systemPath}`,
    APT_LISTCHANGES_FRONTEND: 'none',
    DEBIAN_FRONTEND: 'noninteractive',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
  };
}

/** Juju's own proxy settings are always there; the legacy ones only when the user set them. */
function proxyVariables(model: Model): Environment {
  const { proxies } = model.config;
  const variables: Environment = {
    JUJU_CHARM_HTTP_PROXY: own(proxies, 'juju-http-proxy') ?? '',
    JUJU_CHARM_HTTPS_PROXY: own(proxies, 'juju-https-proxy') ?? '',
    JUJU_CHARM_FTP_PROXY: own(proxies, 'juju-ftp-proxy') ?? '',
    JUJU_CHARM_NO_PROXY: own(proxies, 'juju-no-proxy') ?? '',
  };
  for (const name of ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy']) {
    const value = own(proxies, name.replace('_', '-')) ?? '';
    if (value === '') continue;
    variables[name] = value;
    variables[name.toUpperCase()] = value;
  }
  return variables;
}

/** JUJU_HOOK_NAME is always set; only hooks have a name to put in it (W1). */
function dispatchVariables(context: HookContext): Environment {
  const { kind, start } = context;
  switch (kind.kind) {
    case 'hook': {
      const name = hookName(start, context.unit, kind.hook);
      return { JUJU_HOOK_NAME: name, JUJU_DISPATCH_PATH: `hooks/${name}` };
    }
    case 'action': {
      const name = actionName(start, kind.task);
      const variables = {
        JUJU_HOOK_NAME: '',
        JUJU_ACTION_NAME: name,
        JUJU_ACTION_UUID: kind.task,
        JUJU_ACTION_TAG: `action-${kind.task}`,
      };
      // The client's `juju exec` is an action that runs commands instead of the charm (H257).
      return name === 'juju-exec'
        ? variables
        : { ...variables, JUJU_DISPATCH_PATH: `actions/${name}` };
    }
    case 'exec':
      return { JUJU_HOOK_NAME: '' };
    default:
      return kind satisfies never;
  }
}

function actionName(model: Model, id: string): string {
  const task = own(model.tasks, id);
  if (task === undefined) {
    throw new Error(`Cannot name the action of task '${id}' as the model has no such task`);
  }
  return task.action;
}

/** Remote unit and application are set whenever there is a relation, if only to nothing. */
function relationVariables(context: HookContext): Environment {
  const relation = context.relation === null ? undefined : context.relations.get(context.relation);
  if (relation === undefined) return {};
  return {
    JUJU_RELATION: relation.endpoint,
    JUJU_RELATION_ID: relationName(relation),
    JUJU_REMOTE_UNIT: context.remoteUnit ?? '',
    JUJU_REMOTE_APP: context.remoteApplication ?? '',
  };
}

/** Variables of one kind of hook only: departed (E41), storage (E45), secrets (E44). */
function hookVariables(context: HookContext, hook: HookInfo): Environment {
  if (hook.kind === 'relation-departed') return { JUJU_DEPARTING_UNIT: hook.departingUnit };
  if ('storage' in hook) {
    const instance = own(context.start.storage, hook.storage);
    return {
      JUJU_STORAGE_ID: hook.storage,
      JUJU_STORAGE_LOCATION: instance?.location ?? '',
      JUJU_STORAGE_KIND: instance?.kind ?? '',
    };
  }
  if ('secret' in hook) {
    return {
      JUJU_SECRET_ID: `secret:${hook.secret}`,
      JUJU_SECRET_LABEL: hook.label,
      ...(hook.revision === null ? {} : { JUJU_SECRET_REVISION: String(hook.revision) }),
    };
  }
  return {};
}
