// Puts an agent together on a machine, runs it until it is told to end, and ends it in good order.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EtcdDcs } from '#adapters/etcd/etcd-dcs.ts';
import { createEtcdDcs } from '#adapters/etcd/create-etcd-dcs.ts';
import { volumeBytes } from '#adapters/files/volume-size.ts';
import { createStorageProbe } from '#adapters/files/storage-probe.ts';
import type { AgentLog } from '#adapters/log/agent-log.ts';
import { createAgentLog } from '#adapters/log/agent-log.ts';
import type { HttpPeers } from '#adapters/peers/http-peers.ts';
import { openHttpPeers } from '#adapters/peers/http-peers.ts';
import { rememberingResolver } from '#adapters/peers/resolve-name.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { findIdentity, homeOf } from '#adapters/postgres-server/identity.ts';
import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import { isWalOnLeader } from '#adapters/postgres/leader-wal.ts';
import { fetchSnapshots, installSnapshots } from '#adapters/postgres/slot-snapshots.ts';
import { MemberPostgres } from '#adapters/postgres/member-postgres.ts';
import type { LeaseNote } from '#adapters/ports/lease-note.ts';
import { createLeaseKeeper } from '#adapters/system/lease-keeper.ts';
import { createLeaseNote } from '#adapters/system/lease-note.ts';
import { createMachineClock } from '#adapters/system/machine-clock.ts';
import { createLinuxWatchdog } from '#adapters/watchdog/linux-watchdog.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { printConnUrl } from '#core/config/patroni/dsn.ts';
import { validateDynamic } from '#core/config/patroni/validate-dynamic.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { fenceReserveMs } from '#core/ha/rules/store-rules.ts';
import { Agent } from '../agent.ts';
import { AgentApiHost } from '../agent-api-host.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { BootstrapFailed } from '../actions/bootstrap.ts';
import { createBootstrap } from '../bootstrap/create-bootstrap.ts';
import { reloadFile } from '../configuration.ts';
import type { ConfigSource } from '../config/config-source.ts';
import { createConfigSource } from '../config/config-source.ts';
import { printFaults } from '../config/config-errors.ts';
import type { DynamicCache } from '../config/dynamic-cache.ts';
import { readDynamicCache, writeDynamicCache } from '../config/dynamic-cache.ts';
import { wordsOf } from '../executor.ts';
import { AgentExit } from '../perform.ts';
import type { ConfigFault } from '../rest/api-host.ts';
import { RestServer } from '../rest/server.ts';
import { shutDown } from '../shutdown.ts';
import { factsWriter } from './facts-file.ts';
import { isNameTaken } from './uniqueness.ts';
import { agentVersion, patroniVersion } from './versions.ts';

/** Where what is said goes before there is a log. */
type Say = (text: string) => void;

interface Parts {
  readonly identity: Identity;
  readonly clock: ClockPort;
  readonly postgres: MemberPostgres;
  readonly peers: HttpPeers;
  readonly dcs: EtcdDcs;
}

interface Start {
  readonly source: ConfigSource;
  readonly config: AgentConfig;
  readonly dynamic: JsonObject | null;
  readonly log: AgentLog;
}

/** Runs the agent of this configuration; the exit code. */
export async function runAgent(path: string | null, say: Say): Promise<number> {
  const warnings: string[] = [];
  let warn = (sentence: string): void => {
    warnings.push(sentence);
  };
  const created = await createConfigSource({
    path,
    variables: process.env,
    homeDirectory: await serverHome(),
    onWarning: (sentence) => warn(sentence),
  });
  if (created.kind === 'faults') {
    say(printFaults(created.faults));
    if (path === null)
      say('Give a configuration file, or PATRONI_* variables; see pg-agent --help\n');
    return 1;
  }
  const { source } = created;
  const cached = await readCache(source.merge(null).postgresql.dataDir);
  const dynamic = cached.kind === 'found' ? cached.dynamic : null;
  const config = source.merge(dynamic);
  const log = createAgentLog(config.log);
  warn = (sentence) => log.warning(sentence);
  for (const sentence of new Set(warnings)) log.warning(sentence);
  for (const { path: place, message } of source.warnings) log.warning(`${place}: ${message}`);
  if (cached.kind === 'broken') log.warning(cached.why);
  log.info(`pg-agent ${agentVersion}, speaking Patroni ${patroniVersion}`);
  return runConfigured({ source, config, dynamic, log });
}

/** What an agent of this machine is made of. */
async function openParts({ config, log }: Start, identity: Identity): Promise<Parts> {
  const clock = createMachineClock();
  const postgres = new MemberPostgres({ config, identity, clock, log, serverLog: null });
  const peers = await openHttpPeers(config, log);
  const { ttlSeconds, retryTimeoutSeconds } = config.global;
  const dcs = createEtcdDcs({
    config: config.etcd,
    namespace: config.namespace,
    scope: config.scope,
    name: config.name,
    ttlSeconds,
    retryTimeoutSeconds,
    clock,
    log,
  });
  return { identity, clock, postgres, peers, dcs };
}

/** Beside the data directory, so that it is there whatever becomes of the data. */
function keptLeaseNote(config: AgentConfig, postgres: MemberPostgres, log: AgentLog): LeaseNote {
  const dataDirectory = config.postgresql.dataDir.replace(/\/+$/u, '');
  const path = `${dataDirectory}.lease`;
  return createLeaseKeeper({
    note: createLeaseNote(path, log),
    path,
    dataDirectory,
    reserveMs: () => fenceReserveMs(postgres.config.global.ttlSeconds),
    log,
  });
}

function depsOf(start: Start, parts: Parts, onConfigured: AgentDeps['onConfigured']): AgentDeps {
  const { source, config, log } = start;
  const { identity, clock, postgres, peers, dcs } = parts;
  let { dynamic } = start;
  return {
    config,
    merge: (next) => source.merge(next),
    ownDynamic: () => dynamic ?? config.bootstrap?.dcs ?? {},
    keepDynamic: async (next) => {
      dynamic = next;
      if (postgres.lastFacts().dataDirectory !== 'cluster') return;
      await writeDynamicCache(config.postgresql.dataDir, next, identity);
    },
    onConfigured,
    writeFacts: factsWriter(log, process.env),
    storage: createStorageProbe(config.postgresql.dataDir, clock),
    leaseNote: keptLeaseNote(config, postgres, log),
    dcs,
    postgres,
    slots: {
      port: postgres.slots,
      forceHotStandbyFeedback: async (isForced) => postgres.forceHotStandbyFeedback(isForced),
      fetchSnapshots: async (...wanted) => fetchSnapshots(postgres.config, ...wanted),
      installSnapshots: async (snapshots) =>
        installSnapshots(config.postgresql.dataDir, snapshots, identity),
      isWalOnLeader: async (leader, from) => isWalOnLeader(postgres.config, leader, from),
      walVolumeBytes: async () => volumeBytes(join(config.postgresql.dataDir, 'pg_wal')),
    },
    bootstrap: createBootstrap({ postgres, clock, log }),
    peers,
    watchdog: createLinuxWatchdog(config.watchdog, log),
    clock,
    log,
    random: Math.random,
    connUrl: printConnUrl(config.postgresql.connectAddress, config.postgresql.database),
    apiUrl: apiUrlOf(config),
    proxyUrl: proxyUrlOf(config),
    version: patroniVersion,
  };
}

/** A cache that can't be read counts as broken: the store has the original. */
async function readCache(dataDir: string): Promise<DynamicCache> {
  try {
    return await readDynamicCache(dataDir);
  } catch (error) {
    return {
      kind: 'broken',
      why: `Cannot read the dynamic configuration kept in ${dataDir}: ${wordsOf(error)}. Does the directory belong to whom the agent runs as?`,
    };
  }
}

async function runConfigured(start: Start): Promise<number> {
  const { source, config, log } = start;
  const found = await findIdentity(null);
  if (found.kind === 'impossible') {
    log.critical(`${found.problem.message}. ${found.problem.hint}`);
    return 1;
  }
  const parts = await openParts(start, found.identity);
  await using closing = new AsyncDisposableStack();
  closing.defer(async () => parts.dcs.close());
  if (await isNameTaken(parts.dcs, parts.peers, config.name, log)) {
    log.critical(`Can't start; there is already a node named '${config.name}' running`);
    return 1;
  }
  const api: { server: RestServer | null } = { server: null };
  const agent = new Agent(
    depsOf(start, parts, async (next) => {
      log.reconfigure(next.log);
      await parts.peers.reload(next);
      await api.server?.reload(next.restapi);
    }),
  );
  const reload = (): void => void reloadConfiguration(agent, source);
  try {
    api.server = await RestServer.start({
      config: config.restapi,
      host: new AgentApiHost(agent.context, { validateDynamic: faultsOf, requestReload: reload }),
      resolve: rememberingResolver(),
    });
  } catch (error) {
    log.critical(`The REST API could not be started: ${wordsOf(error)}`);
    return 1;
  }
  closing.use(api.server);
  return await runUntilTold(agent, reload);
}

/** What keeps a change from being taken; warnings do not. */
function faultsOf(values: JsonObject): readonly ConfigFault[] {
  return validateDynamic(values)
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => ({ path, problem: message }));
}

/** Runs the loop; SIGTERM and SIGINT end it in good order, SIGHUP reads the configuration again. */
async function runUntilTold(agent: Agent, reload: () => void): Promise<number> {
  const { log } = agent.context.deps;
  const ending: { done: Promise<void> | null } = { done: null };
  const running = agent.run();
  const end = (): void => {
    ending.done ??= shutDown(
      agent,
      running.catch(() => undefined),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', reload);
  try {
    await running;
    await ending.done;
    return 0;
  } catch (error) {
    if (!(error instanceof AgentExit) && !(error instanceof BootstrapFailed)) throw error;
    log.critical(error.message);
    return 1;
  }
}

/** Where PostgreSQL's user keeps its files: its programs can't read what stands in root's home. */
async function serverHome(): Promise<string> {
  const found = await findIdentity(null);
  const home = found.kind === 'found' ? await homeOf(found.identity) : null;
  return home ?? homedir();
}

async function reloadConfiguration(agent: Agent, source: ConfigSource): Promise<void> {
  const { log } = agent.context.deps;
  try {
    const reloaded = await source.reload();
    if (reloaded.kind === 'faults') {
      log.error(
        `The configuration is not reloaded and stays as it was: ${printFaults(reloaded.faults).trim()}`,
      );
      return;
    }
    log.info(reloaded.kind === 'unchanged' ? 'No changes to apply' : 'Reloading the configuration');
    await reloadFile(agent.context);
  } catch (error) {
    log.error(`The configuration could not be reloaded: ${wordsOf(error)}`);
  }
  agent.wake();
}

function apiUrlOf({ restapi }: AgentConfig): string {
  const { host, port } = restapi.connectAddress;
  return `${restapi.protocol}://${host.includes(':') ? `[${host}]` : host}:${port}/patroni`;
}

function proxyUrlOf({ postgresql }: AgentConfig): string | null {
  return postgresql.proxyAddress === null
    ? null
    : `postgres://${postgresql.proxyAddress}/${postgresql.database}`;
}
