// Gathers what the status is worked out from. Costs one key of the peer relation, which every hook has
// read by then, and one small file where there is a server.

import { isAnythingWaiting, openRequests, serverEndpoints } from './clients.ts';
import type { Context } from './context.ts';
import { hasPassword } from './credentials.ts';
import { dataDirectoryOf } from './desired.ts';
import {
  installTrouble,
  primaryGone,
  refusedAddresses,
  refusedSettings,
  serverFacts,
  serverTrouble,
  settingsProblems,
  storageLocation,
} from './facts.ts';
import { agentFacts, agentPlace, clusterSettings, isAgentRunning } from './cluster-facts.ts';
import { primarySetting } from './handlers/primary-setting.ts';
import type { Facts } from './status.ts';

function refusedClients(context: Context): Facts['refusedClients'] {
  return serverEndpoints.flatMap((name) => {
    const refused = context.endpoints[name].refused();
    if (refused.length === 0) return [];
    const served = new Set(context.endpoints[name].served().map(({ relationId }) => relationId));
    return refused.map(({ relationId, problem }) => ({
      relation: `${name}:${relationId}`,
      problem,
      isServed: served.has(relationId),
    }));
  });
}

/** Costs a key of the peer relation for each open request; those that have a password were answered. */
function withoutPassword(context: Context): readonly string[] {
  if (!isAnythingWaiting(context)) return [];
  return openRequests(context)
    .filter(({ what }) => !hasPassword(context, what))
    .map(({ what }) => what.relationName);
}

/** Nothing for a single server. Costs a read of a few small files. */
function clusterFacts(context: Context): Pick<Facts, 'cluster'> {
  if (clusterSettings(context) === null) return {};
  const place = agentPlace(context);
  const server = serverFacts.read(context.data);
  const isRunning = isAgentRunning(context);
  return {
    cluster: {
      hasPasswords: context.flags.isSet('postgresql.has_agent_passwords'),
      isSupervised: place !== null && context.services.agent.isSupervised(place),
      isRunning,
      lastWords: isRunning || place === null ? '' : context.services.agent.lastWords(place),
      agent: agentFacts(context),
      maker: context.leadership.leaderGetOne(primarySetting),
      server: server === null ? null : `${server.version} at ${server.host}:${server.port}`,
    },
  };
}

export function factsOf(context: Context): Facts {
  const { data, flags } = context;
  const storage = storageLocation.read(data);
  const server = serverFacts.read(data);
  const isPrimary = flags.isSet('postgresql.is_primary');
  const isAlive =
    server !== null && storage !== null && context.services.isServerAlive(dataDirectoryOf(storage));
  // While the server itself is in trouble that is why they wait.
  const waiters = isPrimary && isAlive ? withoutPassword(context) : [];
  return {
    unit: context.hook.unitName,
    isStopping: flags.isSet('postgresql.stopping'),
    ...clusterFacts(context),
    settingsProblems: settingsProblems.read(data) ?? [],
    isInstalled: flags.isSet('postgresql.installed'),
    installTrouble: installTrouble.read(data),
    primary: context.leadership.leaderGetOne(primarySetting),
    isPrimary,
    primaryGone: primaryGone.read(data),
    hasStorage: storage !== null,
    server,
    isAlive,
    serverTrouble: serverTrouble.read(data),
    refusedSettings: refusedSettings.read(data) ?? [],
    refusedAddresses: refusedAddresses.read(data) ?? [],
    refusedClients: isPrimary
      ? refusedClients(context).filter(({ relation }) => !waiters.includes(relation))
      : [],
    withoutPassword: waiters,
  };
}
