// Keeps what pg-setup found of the server, for the status and for later hooks.

import type { Problem } from '#core/access/problem.ts';
import type { Context } from '../context.ts';
import {
  clusterMade,
  type Network,
  noteTrouble,
  refusedAddresses,
  refusedSettings,
  type ServerFacts,
  serverFacts,
  serverTrouble,
} from '../facts.ts';
import { noteWritten } from '../confirm.ts';
import type { ServerAnswer, SetupAnswer } from '../setup/answer.ts';
import type { DesiredServer } from '../setup/desired.ts';

/**
 * What stopped the server from being as desired. The answer repeats the first refused part of the
 * configuration as its problem; that is no reason to call the server broken.
 */
function stoppingProblem(answer: SetupAnswer): Problem | null {
  const { problem } = answer;
  const isRefusal = answer.refused.some(
    ({ code, message }) => code === problem?.code && message === problem.message,
  );
  return isRefusal ? null : problem;
}

/** A parameter that still waits for a restart is not what clients find: they find what was there before. */
function factsOf(
  answer: ServerAnswer,
  server: DesiredServer,
  host: string,
  before: ServerFacts | null,
): ServerFacts {
  const { version, pendingRestart } = answer;
  const keeps = (parameter: string): boolean => pendingRestart.includes(parameter);
  return {
    version,
    host: keeps('listen_addresses') ? (before?.host ?? host) : host,
    port: keeps('port') ? (before?.port ?? server.port) : server.port,
    pendingRestart,
  };
}

function tellJuju(context: Context, now: ServerFacts, before: ServerFacts | null): void {
  if (before?.version !== now.version) context.tools.applicationVersionSet(now.version);
  if (before?.port === now.port) return;
  if (before !== null) context.tools.closePort(`${before.port}/tcp`);
  context.tools.openPort(`${now.port}/tcp`);
  noteWritten(context, [], now.port);
}

function keepProblems(context: Context, answer: SetupAnswer, stopping: Problem | null): void {
  const { data } = context;
  noteTrouble(serverTrouble, data, stopping, context.now());
  refusedSettings.write(data, answer.refused.length === 0 ? null : answer.refused);
  const addresses = answer.access.flatMap(({ relation, problem }) =>
    problem?.code === 'ADDRESS_INVALID' ? [{ relation, problem: problem.message }] : [],
  );
  refusedAddresses.write(data, addresses.length === 0 ? null : addresses);
}

/** The server clients can be told of: what they were told of before, and as it is now. */
export interface NotedServer {
  readonly before: ServerFacts | null;
  readonly now: ServerFacts;
}

/** Keeps what came of a call. Null while there is no server clients can be told of. */
export function noteServer(
  context: Context,
  server: DesiredServer,
  network: Network,
  answer: SetupAnswer,
): NotedServer | null {
  const { data } = context;
  const stopping = stoppingProblem(answer);
  keepProblems(context, answer, stopping);
  if (answer.server.state !== 'running' || stopping !== null) return null;
  if (clusterMade.read(data) === null) {
    const version = String(Math.floor(answer.server.versionNumber / 10_000));
    clusterMade.write(data, { version, locale: server.locale });
  }
  const before = serverFacts.read(data);
  const now = factsOf(answer.server, server, network.host, before);
  serverFacts.write(data, now);
  tellJuju(context, now, before);
  return { before, now };
}
