// Takes PostgreSQL down before what it stands on goes away. Storage is taken before the relations end
// (L60), so nothing after this may start the server again.

import type { Handler } from '#charm/reactive/handler.ts';
import { memberName, scopeOf } from '../agent/agent-yaml.ts';
import { type AgentPlace, agentPlaceOf } from '../agent/place.ts';
import {
  agentPlace,
  appliedAgent,
  clusterSettings,
  memberNetwork,
  othersStay,
} from '../cluster-facts.ts';
import { type Context, words } from '../context.ts';
import { dataDirectoryOf } from '../desired.ts';
import { noteTrouble, serverTrouble, storageLocation } from '../facts.ts';
import { knownServer } from '../known-server.ts';
import { sentenceOf } from '../status.ts';
import { serviceFacts } from './run-agent.ts';

const { handler, hook } = words;

/**
 * Stops the server if it runs.
 * @throws where it goes on running: Juju then runs the hook again instead of taking the storage from it
 */
function stopServer(context: Context): void {
  const storage = storageLocation.read(context.data);
  const isAlive = (): boolean =>
    storage !== null && context.services.isServerAlive(dataDirectoryOf(storage));
  // The agent would start it again.
  if (clusterSettings(context) !== null) stopMember(context);
  const known = isAlive() ? knownServer(context) : null;
  if (known !== null) {
    const answer = context.services.stop({ command: 'stop', server: known.server });
    for (const sentence of answer.did) context.log.info(sentence);
    if (isAlive()) {
      throw new Error(
        `Cannot give up the storage: PostgreSQL still runs on it. ${answer.problem?.message ?? ''}`,
      );
    }
  }
  noteTrouble(serverTrouble, context.data, null, context.now());
}

/** Stops the agent, which stops PostgreSQL. What is in the way is found out by whether the server still runs. */
function stopMember(context: Context): void {
  const place = agentPlace(context) ?? lastPlace(context);
  const cluster = clusterSettings(context);
  const network = memberNetwork.read(context.data);
  if (place === null || cluster === null || network === null) return;
  const isLast =
    context.hook.dispatchName === 'stop' &&
    othersStay.read(context.data) === null &&
    context.endpoints.cluster.units.length === 0;
  const answer = context.services.agent.stop({
    command: 'stop',
    place,
    service: serviceFacts(context, network.host),
    // Also where only the storage goes: a member that comes back enters itself again.
    leave: {
      ...cluster.etcd,
      scope: scopeOf(context.hook.applicationName, cluster),
      member: memberName(context.hook.unitName),
      isLast,
    },
  });
  for (const sentence of answer.did) context.log.info(sentence);
  if (answer.problem !== null) context.log.warning(sentenceOf(answer.problem));
  appliedAgent.write(context.data, null);
}

/** Storage that was taken away before: nothing runs on it, and the paths of the supervisor are not on it. */
function lastPlace(context: Context): AgentPlace {
  return agentPlaceOf('/nonexistent', context.hook.charmDir);
}

/** Storage that is attached again later brings its cluster back. */
const giveUpStorage = handler('give-up-storage', [hook('pgdata-storage-detaching')], (context) => {
  stopServer(context);
  storageLocation.write(context.data, null);
});

const stop = handler('stop', [hook('stop')], (context) => {
  stopServer(context);
  context.flags.set('postgresql.stopping');
});

/** A unit that was stopped and is started again takes up its work. */
const startAgain = handler('start-again', [hook('start')], (context) => {
  if (!context.flags.isSet('postgresql.stopping')) return;
  context.flags.clear('postgresql.stopping');
  context.flags.set('postgresql.look_again');
});

export const stopHandlers: readonly Handler<Context>[] = [giveUpStorage, stop, startAgain];
