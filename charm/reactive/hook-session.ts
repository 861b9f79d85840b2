// Everything one hook works with, put together in the order in which one part needs the other:
// flags, the peer relation, leadership and configuration, endpoints, protocols.

import type { Charm, CharmContext, Protocol } from '../charm.ts';
import type { HookContext } from '../context/hook-context.ts';
import { Endpoint, volatileFamilies } from '../endpoints/endpoint.ts';
import type { HookHost } from '../host.ts';
import { Leadership } from '../leadership/leadership.ts';
import type { Log } from '../log/log.ts';
import type { UnitData } from '../state/unit-data.ts';
import type { CachedTools } from '../tools/cached-tools.ts';
import { configFlags } from './config-flags.ts';
import { hashFile } from './digest.ts';
import type { Circumstances } from './evaluate.ts';
import { FileWatch } from './file-watch.ts';
import { FlagSet } from './flag-set.ts';
import { triggerTable } from './triggers.ts';

export interface SessionParts<Services> {
  readonly host: HookHost<Services>;
  readonly hook: HookContext;
  readonly tools: CachedTools;
  readonly data: UnitData;
  readonly log: Log;
}

export interface HookSession<Context> {
  readonly context: Context;
  readonly flags: FlagSet;
  readonly circumstances: Circumstances;
  /** Brings endpoints and their flags up to date, then lets the protocols manage theirs. */
  begin(): void;
  /** Lets the protocols finish, then forgets what is gone. */
  end(): void;
}

/** Puts a session together. Runs no hook tool until somebody asks for something. */
export function createSession<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  parts: SessionParts<Services>,
): HookSession<CharmContext<Flag, Services, Endpoints>> {
  const { host, hook, tools, data, log } = parts;
  const flags = createFlags(charm, data);
  const endpoints = createEndpoints(charm, parts, flags);
  const peer = charm.peer === undefined ? null : (endpoints.get(charm.peer) ?? null);
  const leadership = new Leadership({
    tools,
    store: data,
    flags,
    applicationName: hook.applicationName,
    peerRelation: () => peer?.relations[0]?.name ?? null,
    unflaggedPrefixes: charm.unflaggedLeaderKeys ?? [],
  });
  flags.addSource(leadership.flagSource());
  flags.addSource(configFlags(data, () => tools.configGet(), charm.configDefaults ?? null));
  const protocols = createProtocols<Endpoints>(charm.endpoints, endpoints);
  return {
    context: {
      hook,
      tools,
      get config() {
        return tools.configGet();
      },
      flags,
      data,
      leadership,
      endpoints: protocols,
      log,
      services: host.services ?? charm.services(host),
      now: () => host.now(),
    },
    flags,
    circumstances: {
      hookName: hook.dispatchName,
      roles: charm.roles ?? {},
      flags,
      files: new FileWatch(data, hashFile),
      store: data,
    },
    begin() {
      // Leadership reads the peer relation, and endpoints and protocols may ask for leadership.
      peer?.begin();
      flags.askForTriggers();
      for (const endpoint of endpoints.values()) if (endpoint !== peer) endpoint.begin();
      for (const protocol of protocolsOf(protocols)) protocol.manageFlags?.();
    },
    end() {
      for (const protocol of protocolsOf(protocols)) protocol.afterHandlers?.();
      for (const endpoint of endpoints.values()) endpoint.end();
    },
  };
}

type AnyCharm = Pick<Charm<never, never, object>, 'endpoints' | 'peer'>;

/** All endpoints there is something to know of; the peer's is there also without a protocol. */
function endpointNames(charm: AnyCharm): readonly string[] {
  const named = Object.keys(charm.endpoints);
  return charm.peer === undefined ? named : [...new Set([charm.peer, ...named])];
}

function createFlags<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  data: UnitData,
): FlagSet {
  const news = endpointNames(charm).flatMap((name) => volatileFamilies(name));
  return new FlagSet(data, triggerTable(charm.triggers ?? []), [
    'config',
    'leadership.changed',
    ...news,
  ]);
}

function createEndpoints<Services>(
  charm: AnyCharm,
  parts: SessionParts<Services>,
  flags: FlagSet,
): ReadonlyMap<string, Endpoint> {
  const { hook, tools, data, log } = parts;
  const around = { hook, tools, flags, store: data, log };
  return new Map(endpointNames(charm).map((name) => [name, new Endpoint(name, around)]));
}

function createProtocols<Endpoints extends object>(
  makers: Charm<never, never, Endpoints>['endpoints'],
  endpoints: ReadonlyMap<string, Endpoint>,
): Endpoints {
  const protocols: Partial<Endpoints> = {};
  for (const name of Object.keys(makers) as (keyof Endpoints & string)[]) {
    const endpoint = endpoints.get(name);
    if (endpoint !== undefined) protocols[name] = makers[name](endpoint);
  }
  // Every maker's name is among the endpoints, so nothing is missing.
  return protocols as Endpoints;
}

function protocolsOf(protocols: object): readonly Protocol[] {
  return Object.values(protocols).filter((one): one is Protocol => typeof one === 'object');
}
