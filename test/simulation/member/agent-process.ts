// One life of an agent: the real loop, the real client of etcd and the real REST routes over ports of the model.

import { createEtcdDcs } from '#adapters/etcd/create-etcd-dcs.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { ClockPort, LogPort, PostgresPort } from '#adapters/ports/agent-ports.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import type { LeaseNote } from '#adapters/ports/lease-note.ts';
import { Agent } from '#agent/agent.ts';
import { AgentApiHost } from '#agent/agent-api-host.ts';
import type { AgentDeps } from '#agent/agent-deps.ts';
import { BootstrapFailed } from '#agent/actions/bootstrap.ts';
import { AgentExit } from '#agent/perform.ts';
import type { RestResponse } from '#agent/rest/rest-message.ts';
import { answerRequest } from '#agent/rest/routes.ts';
import { shutDown } from '#agent/shutdown.ts';
import { validateDynamic } from '#core/config/patroni/validate-dynamic.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Random } from '#core/random.ts';
import { Actor } from '../engine/actor.ts';
import type { Engine } from '../engine/engine.ts';
import type { ClockOptions } from '../engine/sim-clock.ts';
import { SimClock } from '../engine/sim-clock.ts';
import type { Network } from '../net/network.ts';
import type { SimBootstrapOptions } from '../postgres/sim-bootstrap.ts';
import { SimBootstrap } from '../postgres/sim-bootstrap.ts';
import type { SimPostgresOptions } from '../postgres/sim-postgres.ts';
import { SimPostgres } from '../postgres/sim-postgres.ts';
import type { SlotTrouble } from '../postgres/sim-slots.ts';
import { SimSlots } from '../postgres/sim-slots.ts';
import type { EtcdNode } from '../store/etcd-node.ts';
import { SimTransport } from '../store/sim-transport.ts';
import type { MemberSetup } from './member-config.ts';
import { memberConfig, scope } from './member-config.ts';
import type { Listen, RestCall } from './sim-peers.ts';
import { SimPeers } from './sim-peers.ts';
import type { WatchdogDevice } from './sim-watchdog.ts';
import { SimWatchdog } from './sim-watchdog.ts';

/** What a test may put between the agent and the model, to see that the checks notice. */
export interface Sabotage {
  readonly postgres?: (postgres: PostgresPort) => PostgresPort;
  readonly dcs?: (dcs: Dcs) => Dcs;
  readonly slots?: (slots: SlotsPort) => SlotsPort;
}

export interface AgentProcessOptions {
  readonly engine: Engine;
  readonly network: Network;
  readonly etcd: EtcdNode;
  readonly listen: Listen;
  readonly random: Random;
  readonly setup: MemberSetup;
  readonly clock: ClockOptions;
  readonly log: LogPort;
  readonly device: WatchdogDevice;
  readonly sabotage: Sabotage;
  readonly postgres: Pick<SimPostgresOptions, 'server' | 'isRewindFailing' | 'isPrePromoteFailing'>;
  readonly bootstrap: Pick<SimBootstrapOptions, 'disk' | 'isFailing' | 'onRemove' | 'onCreate'>;
  readonly slotTrouble: () => SlotTrouble;
  /** The dynamic configuration that lies in the data directory. */
  readonly dynamic: JsonObject | null;
  readonly keepDynamic: (dynamic: JsonObject) => void;
  /** What outlives the process, and not a loss of power. */
  readonly leaseNote: (clock: ClockPort) => LeaseNote;
  /** The process ended by itself. */
  readonly onEnd: (why: string) => void;
}

export class AgentProcess {
  readonly actor: Actor;
  readonly agent: Agent;
  /** As the agent has it, but for sabotage. */
  slotsPort!: SlotsPort;
  readonly #host: AgentApiHost;
  readonly #dcs: Dcs;
  readonly #options: AgentProcessOptions;
  #running: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: AgentProcessOptions) {
    this.#options = options;
    const { engine, setup } = options;
    this.actor = new Actor(engine, `agent of ${setup.name}`);
    const deps = this.#deps();
    this.#dcs = deps.dcs;
    this.agent = new Agent(deps);
    this.#host = new AgentApiHost(this.agent.context, {
      validateDynamic: (values) =>
        validateDynamic(values)
          .filter(({ severity }) => severity === 'error')
          .map(({ path, message }) => ({ path, problem: message })),
      requestReload: () => this.agent.wake(),
    });
  }

  #deps(): AgentDeps {
    const { actor } = this;
    const { network, etcd, listen, random, setup, log, sabotage, device } = this.#options;
    const { name } = setup;
    const clock = new SimClock(actor, this.#options.clock);
    let current = this.#options.dynamic;
    const config = memberConfig(setup, current);
    const model = { actor, clock, log, random };
    const postgres = new SimPostgres({ ...this.#options.postgres, ...model, config });
    const dcs = createEtcdDcs({
      config: config.etcd,
      namespace: config.namespace,
      scope,
      name,
      ttlSeconds: config.global.ttlSeconds,
      retryTimeoutSeconds: config.global.retryTimeoutSeconds,
      clock,
      log,
      transport: new SimTransport({ etcd, network, actor, from: name, clock }),
    });
    const bootstrap = new SimBootstrap({
      ...this.#options.bootstrap,
      ...model,
      postgres,
      server: this.#options.postgres.server,
    });
    const { server } = this.#options.postgres;
    const slots = new SimSlots({ ...model, server, trouble: this.#options.slotTrouble });
    this.slotsPort = slots;
    return {
      config,
      merge: (next) => memberConfig(setup, next),
      ownDynamic: () => current ?? setup.dynamic,
      keepDynamic: async (next) => {
        current = next;
        if (postgres.lastFacts().dataDirectory === 'cluster') this.#options.keepDynamic(next);
        await Promise.resolve();
      },
      onConfigured: async () => Promise.resolve(),
      writeFacts: null,
      // The disks of the simulation are looked at by its own faults.
      storage: null,
      leaseNote: this.#options.leaseNote(clock),
      dcs: sabotage.dcs?.(dcs) ?? dcs,
      postgres: sabotage.postgres?.(postgres) ?? postgres,
      bootstrap,
      slots: {
        port: sabotage.slots?.(slots) ?? slots,
        forceHotStandbyFeedback: async (isForced) => postgres.forceFeedback(isForced),
        fetchSnapshots: async () => Promise.resolve(new Map()),
        installSnapshots: async () => Promise.resolve(),
        isWalOnLeader: async () => Promise.resolve(null),
        walVolumeBytes: async () => Promise.resolve(null),
      },
      peers: new SimPeers({ network, listen, actor, clock, from: name }),
      watchdog: new SimWatchdog(device, setup.watchdog),
      clock,
      log,
      random: () => random.next(),
      connUrl: `postgres://${name}:5432/postgres`,
      apiUrl: `http://${name}:8008/patroni`,
      proxyUrl: null,
      version: '4.1.4',
    };
  }

  start(): void {
    this.#running = this.agent.run();
    void this.#watch();
  }

  /** What ends the loop ends the process. */
  async #watch(): Promise<void> {
    try {
      await this.#running;
      if (!this.#isStopping) this.#end('the loop ended');
    } catch (error) {
      if (!(error instanceof AgentExit) && !(error instanceof BootstrapFailed)) {
        this.#options.log.critical(`Unexpected end: ${String(error)}`, { error });
      }
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #end(why: string): void {
    void this.#dcs.close();
    this.actor.kill();
    this.#options.onEnd(why);
  }

  /** SIGTERM. */
  async stopInOrder(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    await shutDown(
      this.agent,
      this.#running.catch(() => undefined),
    );
    if (this.actor.isAlive) this.#end('it was stopped');
  }

  /** A request over REST; never called for a process that is dead. */
  answer(call: RestCall, done: (response: RestResponse) => void): void {
    this.actor.after(0.2, () => void this.#answer(call, done));
  }

  async #answer(
    { method, path, body }: RestCall,
    done: (response: RestResponse) => void,
  ): Promise<void> {
    const request = {
      method,
      path,
      query: new Map<string, string>(),
      headers: new Map<string, string>(),
      body,
      peerAddress: '10.0.0.2',
      hasClientCertificate: false,
      signal: new AbortController().signal,
    };
    done(await answerRequest(request, this.#host));
  }
}
