// One agent, `a` or `b` of the cluster of core/ha/worlds.ts, with everything around it in memory.

import { Agent } from '#agent/agent.ts';
import type { AgentContext } from '#agent/context.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import { cluster, member, primaryFacts, standbyFacts } from '../core/ha/worlds.ts';
import type { FakeDcs, FakePeers, FakePostgres, Happened } from './fake-parts.ts';
import { fakeBootstrap, fakeDcs, fakePeers, fakePostgres, fakeWatchdog } from './fake-parts.ts';
import type { FakeSlots } from './fake-slots.ts';
import { fakeSlots } from './fake-slots.ts';
import { recordingLog } from './rest/fake-host.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface FakeAgent {
  readonly agent: Agent;
  readonly context: AgentContext;
  readonly clock: VirtualClock;
  readonly dcs: FakeDcs;
  readonly postgres: FakePostgres;
  readonly peers: FakePeers;
  readonly slots: FakeSlots;
  readonly happened: Happened;
  readonly lines: string[];
}

export interface FakeAgentParts {
  readonly name?: string;
  readonly cluster?: Cluster;
  readonly facts?: PostgresFacts;
  readonly dynamic?: JsonObject;
}

function fileOf(name: string): JsonObject {
  return {
    scope: 'main',
    name,
    restapi: { listen: '127.0.0.1:8008', connect_address: '127.0.0.1:8008' },
    etcd3: { hosts: ['127.0.0.1:2379'] },
    bootstrap: { dcs: {} },
    postgresql: {
      listen: '127.0.0.1:5432',
      connect_address: '127.0.0.1:5432',
      data_dir: '/nowhere',
      authentication: {
        superuser: { username: 'postgres', password: 'x' },
        replication: { username: 'rep', password: 'x' },
      },
    },
  };
}

export function fakeAgent(parts: FakeAgentParts = {}): FakeAgent {
  const { name = 'a', dynamic = {} } = parts;
  const isLeader = name === 'a';
  const merge = (values: JsonObject | null) =>
    buildAgentConfig({
      file: fileOf(name),
      environment: {},
      dynamic: values,
      homeDirectory: '/root',
    }).config;
  const happened: Happened = [];
  const lines: string[] = [];
  const clock = new VirtualClock();
  const found = parts.cluster ?? cluster('a');
  const dcs = fakeDcs(happened, { ...found, config: { modRevision: '5', data: dynamic } });
  const postgres = fakePostgres(happened, parts.facts ?? (isLeader ? primaryFacts : standbyFacts));
  const peers = fakePeers(happened);
  const slots = fakeSlots();
  const { connUrl, apiUrl } = member(name);
  const agent = new Agent({
    config: merge(dynamic),
    merge,
    ownDynamic: () => dynamic,
    keepDynamic: async () => undefined,
    onConfigured: async () => undefined,
    writeFacts: null,
    storage: null,
    leaseNote: null,
    dcs,
    postgres,
    slots,
    bootstrap: fakeBootstrap(happened),
    peers,
    watchdog: fakeWatchdog(happened),
    clock,
    log: recordingLog(lines),
    random: () => 0,
    connUrl: connUrl ?? '',
    apiUrl: apiUrl ?? '',
    proxyUrl: null,
    version: '4.1.4',
  });
  return { agent, context: agent.context, clock, dcs, postgres, peers, slots, happened, lines };
}
