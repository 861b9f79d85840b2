// Gets this unit's agent to run with the configuration it is to have, by a call of a program where anything of it
// changed or nothing keeps the agent running.

import { hashText } from '#charm/reactive/digest.ts';
import type { Problem } from '#core/access/problem.ts';
import type { RenderedHba } from '#core/access/hba.ts';
import { renderAgentHba } from '../agent/agent-hba.ts';
import { agentYaml, hostPort, restUser } from '../agent/agent-yaml.ts';
import { dynamicPatch } from '../agent/dynamic-config.ts';
import type { ServiceFacts } from '../cluster/commands.ts';
import { appliedAgent, appliedDynamic, refusedHba } from '../cluster-facts.ts';
import { canonicalJson } from '#charm/reactive/data-changed.ts';
import type { Context } from '../context.ts';
import { clusterMade, storageLocation } from '../facts.ts';
import type { KnownMember } from '../known-member.ts';
import type { DesiredClient } from '../setup/desired.ts';
import { primarySetting } from './primary-setting.ts';

/** Longest time for a small call of the agent's REST API, milliseconds. */
const requestTimeoutMs = 10_000;

/** What the programs are told of the service. */
export function serviceFacts(context: Context, host: string): ServiceFacts {
  return {
    unit: context.hook.unitName,
    charmDir: context.hook.charmDir,
    version: context.services.agent.charmVersion(),
    isLoopback: host.startsWith('127.') || host === '::1',
  };
}

/** Who is let in. Lines the server refused are left out as long as the option is as it was then. */
export function memberHba(
  context: Context,
  { settings }: KnownMember,
  clients: readonly DesiredClient[],
): RenderedHba {
  const refused = refusedHba.read(context.data);
  const isRefused = refused !== null && canonicalJson(refused) === canonicalJson(settings.extraHba);
  return renderAgentHba({
    memberRanges: context.endpoints.cluster.memberRanges(),
    clients,
    adminAddresses: settings.adminAddresses,
    extraHba: isRefused ? [] : settings.extraHba,
    previous: appliedAgent.read(context.data)?.hba ?? null,
  });
}

export interface AgentRun {
  /** The agent was told something it did not know. */
  readonly isChanged: boolean;
  /** What was in the way; null for nothing. */
  readonly problem: Problem | null;
}

/** Runs the agent with this pg_hba.conf. */
export function runAgent(context: Context, known: KnownMember, hba: string): AgentRun {
  const { data, services, hook } = context;
  const storage = storageLocation.read(data);
  if (storage === null) return { isChanged: false, problem: null };
  const config = agentYaml({
    ...known,
    unit: hook.unitName,
    application: hook.applicationName,
    memberHost: known.host,
    hba,
    machineUsers: ['root', 'postgres', services.agent.userName()],
    // A second unit that made a cluster would hand out empty databases under the name of the first.
    mayBootstrap:
      clusterMade.read(data) === null &&
      context.leadership.leaderGetOne(primarySetting) === hook.unitName,
    memoryBytes: services.agent.memoryBytes(),
  });
  const service = serviceFacts(context, known.host);
  const digest = hashText(`${service.version}\n${config}`);
  const before = appliedAgent.read(data);
  if (before?.digest === digest && services.agent.isSupervised(known.place)) {
    return { isChanged: false, problem: null };
  }
  const answer = services.agent.apply({
    command: 'apply',
    place: known.place,
    service,
    storage,
    dataDirectory: known.server.dataDirectory,
    socketDirectory: known.server.socketDirectory,
    logDirectory: known.server.logDirectory,
    config,
  });
  for (const sentence of answer.did) context.log.info(sentence);
  if (answer.problem === null) appliedAgent.write(data, { digest, hba });
  return { isChanged: true, problem: answer.problem };
}

/** Calls this unit's own agent. */
export function askAgent(
  context: Context,
  known: KnownMember,
  request: {
    readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly body?: unknown;
    readonly timeoutMs?: number;
  },
): ReturnType<Context['services']['agent']['request']> {
  return context.services.agent.request({
    command: 'request',
    method: request.method,
    url: `http://${hostPort(known.host, known.cluster.apiPort)}${request.path}`,
    body: request.body ?? null,
    login: { user: restUser, password: known.passwords.restapi },
    timeoutMs: request.timeoutMs ?? requestTimeoutMs,
  });
}

/** Writes the charm's options over what etcd has of them; the primary's to do, where they changed. */
export function writeDynamicConfig(context: Context, known: KnownMember): void {
  const patch = dynamicPatch(known);
  const text = canonicalJson(patch);
  if (appliedDynamic.read(context.data) === text) return;
  const answer = askAgent(context, known, { method: 'PATCH', path: '/config', body: patch });
  if (answer.status === 200) {
    appliedDynamic.write(context.data, text);
    context.log.info("Wrote the cluster's configuration to etcd");
  } else {
    const why = answer.problem?.message ?? `it answered ${answer.status}: ${answer.text}`;
    context.log.warning(`Cannot write the cluster's configuration to etcd yet: ${why}`);
  }
}
