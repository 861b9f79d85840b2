// What the REST API asks of the agent: one picture in memory, and requests that become turns and actions.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { JsonObject, Member } from '#core/dcs/cluster.ts';
import { cloneMemberOf } from '#core/ha/clone-source.ts';
import type { BootstrapSource } from '#core/ha/bootstrap-source.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import type { ApiView, MadeDecision } from '#core/rest/api-view.ts';
import type { FailsafeRequest, ReinitializeRequest } from '#core/rest/other-requests.ts';
import type { RestartRequest } from '#core/rest/restart-request.ts';
import { unmetCondition } from '#core/rest/restart-request.ts';
import { maxLsn } from '#core/ha/look.ts';
import type { AgentContext } from './context.ts';
import { reinitialize, restart } from './actions/restart.ts';
import { isLeading } from './leadership.ts';
import { meOf, worldOf } from './observe.ts';
import { publishMember } from './publish.ts';
import type { ApiHost, ConfigFault, FailsafeReceipt, RestartOutcome } from './rest/api-host.ts';
import { upstreamNowOf } from './start-action.ts';

/** Facts of this age or less are as good as new to somebody who asks over a network, in milliseconds. */
const freshMs = 50;

/** Peers that all tell of the same change wake the loop once in this time, in milliseconds. */
const peerWakeMs = 100;

export interface AgentApiHostOptions {
  readonly validateDynamic: (values: JsonObject) => readonly ConfigFault[];
  readonly requestReload: () => void;
}

export class AgentApiHost implements ApiHost {
  readonly #context: AgentContext;
  readonly #options: AgentApiHostOptions;
  #observing: Promise<unknown> | null = null;
  #peerWokenAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: AgentContext, options: AgentApiHostOptions) {
    this.#context = context;
    this.#options = options;
  }

  get dcs(): Dcs {
    return this.#context.deps.dcs;
  }

  get clock(): ClockPort {
    return this.#context.deps.clock;
  }

  get log(): LogPort {
    return this.#context.deps.log;
  }

  view(): ApiView {
    const { state, deps } = this.#context;
    const nowMs = deps.clock.monotonicMs();
    const { config } = state;
    const facts = deps.postgres.lastFacts();
    const isClusterFresh = nowMs - state.clusterSeenMs < config.global.ttlSeconds * 1000;
    const sender = state.failsafeSender;
    return {
      name: config.name,
      scope: config.scope,
      version: deps.version,
      facts,
      cluster: isClusterFresh ? state.cluster : null,
      config: config.global,
      tags: meOf(this.#context).tags,
      isLeader: isLeading(this.#context),
      leaseLeftMs: Math.max(0, Math.ceil((state.memory.leaseUntilMs ?? nowMs) - nowMs)),
      systemId: facts.control?.systemId ?? null,
      observedAtMs: state.observedAtMs,
      nextRunAtMs: state.nextRunAtMs,
      dcsLastSeenMs: state.dcsLastSeenMs,
      isFailsafeActive: state.isLeadingByFailsafe || (sender !== null && nowMs < sender.untilMs),
      failsafe: state.cluster?.failsafe ?? null,
      isWatchdogFailed: config.watchdog.mode === 'required' && !deps.watchdog.isHealthy,
      scheduledRestart: state.scheduledRestart,
      lastDecision: state.decisions.at(-1) ?? null,
      logQueue: null,
      slots: this.#context.slots.view(),
    };
  }

  async freshView(): Promise<ApiView> {
    const { state, deps } = this.#context;
    if (deps.clock.monotonicMs() - state.observedAtMs > freshMs) {
      this.#observing ??= deps.postgres.observe().finally(() => {
        state.observedAtMs = deps.clock.monotonicMs();
        this.#observing = null;
      });
      await this.#observing;
    }
    return this.view();
  }

  decisions(): readonly MadeDecision[] {
    return this.#context.state.decisions;
  }

  wake(): void {
    this.#context.wake();
  }

  peerWake(): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#peerWokenAtMs < peerWakeMs) return;
    this.#peerWokenAtMs = nowMs;
    this.#context.wake();
  }

  requestReload(): void {
    this.#options.requestReload();
  }

  async requestRestart(request: RestartRequest): Promise<RestartOutcome> {
    const { executor, deps } = this.#context;
    const unmet = unmetCondition(request, deps.postgres.lastFacts());
    if (unmet !== null) {
      return { isDone: false, message: `restart conditions are not satisfied: ${unmet}` };
    }
    const running = executor.running();
    if (running !== null) return { isDone: false, message: `${running.name} already in progress` };
    const { promise, resolve } = Promise.withResolvers<RestartOutcome>();
    const timeoutMs = request.timeoutSeconds === null ? null : request.timeoutSeconds * 1000;
    const isStarted = executor.start('restart', 'restart', async (handle) => {
      try {
        resolve(await restart(this.#context, upstreamNowOf(this.#context), timeoutMs, handle));
      } finally {
        resolve({ isDone: false, message: 'restart failed' });
      }
    });
    if (!isStarted) return { isDone: false, message: 'restart refused: the agent is ending' };
    return promise;
  }

  async scheduleRestart(request: RestartRequest & { readonly atMs: number }): Promise<boolean> {
    const { state, deps } = this.#context;
    if (state.scheduledRestart !== null) return false;
    const facts = deps.postgres.lastFacts();
    state.scheduledRestart = {
      request,
      postmasterStartTime: facts.sql?.postmasterStartTime ?? '',
    };
    await publishMember(this.#context, facts);
    this.wake();
    return true;
  }

  async deleteScheduledRestart(): Promise<boolean> {
    const { state, deps } = this.#context;
    if (state.scheduledRestart === null) return false;
    state.scheduledRestart = null;
    await publishMember(this.#context, deps.postgres.lastFacts());
    return true;
  }

  async requestReinitialize({ force, fromLeader }: ReinitializeRequest): Promise<string | null> {
    const { state, deps, executor } = this.#context;
    const { cluster } = state;
    if (cluster === null || cluster.leader === null) {
      return 'Cluster has no leader, can not reinitialize';
    }
    if (cluster.leader.name === state.config.name) return 'I am the leader, can not reinitialize';
    const running = executor.running();
    if (running !== null && !force) return `${running.name} already in progress`;
    if (running !== null) await executor.cancel();
    const view = {
      kind: 'cluster',
      cluster,
      lockedCluster: cluster,
      isLeaderByFailsafe: false,
    } as const;
    const world = worldOf(this.#context, view, deps.postgres.lastFacts());
    const member = fromLeader ? cluster.leader.member : cloneMemberOf(world);
    if (member === null) return 'Cluster has no leader, can not reinitialize';
    const source: BootstrapSource = {
      kind: 'member',
      name: member.name,
      isLeader: member.name === cluster.leader.name,
    };
    const isStarted = executor.start('reinitialize', 'reinitialize', async (handle) => {
      await reinitialize(this.#context, source, upstreamNowOf(this.#context), handle);
    });
    return isStarted ? null : `${executor.running()?.name ?? 'another action'} already in progress`;
  }

  receiveFailsafe(request: FailsafeRequest): FailsafeReceipt {
    const { state, deps } = this.#context;
    if (!state.config.global.isFailsafeMode) return { kind: 'off' };
    const { role, isRunning, sql } = deps.postgres.lastFacts();
    const isPrimary = isRunning && (role === 'primary' || role === 'promoted');
    // Also before the promotion: who holds the key has the right to one.
    if (isPrimary || isLeading(this.#context)) return { kind: 'leading' };
    state.failsafeSender = {
      ...request,
      untilMs: deps.clock.monotonicMs() + state.config.global.ttlSeconds * 1000,
    };
    return {
      kind: 'accepted',
      lsn: sql === null ? null : maxLsn(sql.receiveLsn, sql.replayLsn),
    };
  }

  async askMembers(members: readonly Member[], timeoutMs: number): Promise<readonly PeerStatus[]> {
    return this.#context.deps.peers.getStatus(members, timeoutMs);
  }

  validateDynamic(values: JsonObject): readonly ConfigFault[] {
    return this.#options.validateDynamic(values);
  }
}
