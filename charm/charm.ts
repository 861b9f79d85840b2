// What a charm is: its endpoints, handlers, actions and status, as one value. `runCharm` makes the
// program of it. Nothing registers itself by being imported.

import type { EndpointPort } from '#interfaces/ports.ts';
import type { HookContext } from './context/hook-context.ts';
import type { HookHost } from './host.ts';
import type { Leadership } from './leadership/leadership.ts';
import type { Log } from './log/log.ts';
import type { ConfigDefaults } from './reactive/config-flags.ts';
import type { Flags } from './reactive/flag-set.ts';
import type { Handler } from './reactive/handler.ts';
import type { EndpointRoles } from './reactive/hook-patterns.ts';
import { expandPatterns } from './reactive/hook-patterns.ts';
import type { Trigger } from './reactive/triggers.ts';
import type { UnitData } from './state/unit-data.ts';
import type { Status } from './status/status.ts';
import type { ActionResults } from './tools/action-tools.ts';
import type { CachedTools } from './tools/cached-tools.ts';
import type { Config } from './tools/config-tools.ts';

/** What handlers, actions and the status function are given. */
export interface CharmContext<
  Flag extends string = string,
  Services = unknown,
  Endpoints extends object = object,
> {
  readonly hook: HookContext;
  /** Hook tools with a memory of this hook. What is written to our bags leaves at its end. */
  readonly tools: Omit<CachedTools, 'flush'>;
  /** Read from Juju at the first look. */
  readonly config: Config;
  readonly flags: Flags<Flag>;
  /** The unit's own facts; kept if the hook succeeds, and forgotten if it fails. */
  readonly data: Omit<UnitData, 'flush' | 'close' | 'hookScope'>;
  readonly leadership: Leadership;
  /** The protocol on each endpoint, by the endpoint's name. */
  readonly endpoints: Endpoints;
  readonly log: Log;
  readonly services: Services;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a relation protocol may offer to the charm it runs in. */
export interface Protocol {
  /** Called in every hook before the handlers, after leadership is known. */
  manageFlags?(): void;
  /** Called in every hook after the handlers. */
  afterHandlers?(): void;
}

export interface Action<Context> {
  /** @throws ActionFailure to fail with one sentence; any other error is a fault of the charm */
  run(
    context: Context,
    parameters: Readonly<Record<string, unknown>>,
  ): ActionResults | void | Promise<ActionResults | void>;
}

/** Thrown by an action that can't do what was asked: the message is for whoever asked. */
export class ActionFailure extends Error {
  override readonly name: string = 'ActionFailure';
}

export interface CharmDefinition<
  Flag extends string,
  Services,
  Endpoints extends object,
  Context = CharmContext<Flag, Services, Endpoints>,
> {
  readonly name: string;
  /** Makes the protocol of each endpoint. It may have `manageFlags` and `afterHandlers`. */
  readonly endpoints: {
    readonly [Name in keyof Endpoints]: (port: EndpointPort) => Endpoints[Name];
  };
  readonly handlers: readonly Handler<Context>[];
  readonly triggers?: readonly Trigger<Flag>[];
  /** Endpoint of the peer relation that carries the leader's settings. */
  readonly peer?: string;
  /** Leader settings that get no flags, by how their keys begin. */
  readonly unflaggedLeaderKeys?: readonly string[];
  /** Role and interface of the endpoints, for `{role:interface}` in hook patterns. */
  readonly roles?: EndpointRoles;
  /** The charm's options and their defaults, for the flags `config.default.<option>`. */
  readonly configDefaults?: ConfigDefaults;
  readonly actions?: Readonly<Record<string, Action<Context>>>;
  /** The unit's status, worked out from facts at the end of every hook. Without it none is set. */
  status?(context: Context): Status | Promise<Status>;
  /** The application's status, asked of the leader only. Without it Juju derives one (E94). */
  applicationStatus?(context: Context): Status | Promise<Status>;
  /** Makes what the charm needs of the machine, unless the host brings it. */
  services(host: HookHost<Services>): Services;
}

export type Charm<Flag extends string, Services, Endpoints extends object> = Readonly<
  CharmDefinition<Flag, Services, Endpoints>
>;

/**
 * Checks a definition and freezes it.
 * @throws TypeError for two handlers of one id (T38), or a hook pattern that can't be read
 */
export function defineCharm<Flag extends string, Services, Endpoints extends object>(
  definition: CharmDefinition<Flag, Services, Endpoints>,
): Charm<Flag, Services, Endpoints> {
  const ids = new Set<string>();
  for (const { id, predicates } of definition.handlers) {
    if (ids.has(id)) {
      throw new TypeError(
        `Cannot define the charm ${definition.name}: two handlers have the id '${id}', need one each`,
      );
    }
    ids.add(id);
    for (const one of predicates) {
      if (one.kind !== 'hook') continue;
      expandPatterns(one.patterns, definition.roles ?? {});
      if (definition.roles === undefined && one.patterns.some((text) => text.includes(':'))) {
        throw new TypeError(
          `Cannot define the charm ${definition.name}: the handler '${id}' names endpoints by role, but the charm's roles are not given`,
        );
      }
    }
  }
  return Object.freeze({ ...definition });
}
