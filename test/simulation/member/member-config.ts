// The configuration file of a member of the model, read and merged by the agent's own code.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';

export interface MemberSetup {
  readonly name: string;
  readonly tags: JsonObject;
  readonly watchdog: 'off' | 'automatic' | 'required';
  /** `bootstrap.dcs`. */
  readonly dynamic: JsonObject;
}

export const scope = 'sim';
export const prefix = `/service/${scope}/`;

function fileOf({ name, tags, watchdog, dynamic }: MemberSetup): JsonObject {
  return {
    scope,
    name,
    restapi: { listen: `${name}:8008`, connect_address: `${name}:8008` },
    etcd3: { hosts: ['etcd:2379'] },
    bootstrap: { dcs: dynamic, initdb: ['data-checksums'] },
    postgresql: {
      listen: `${name}:5432`,
      connect_address: `${name}:5432`,
      data_dir: '/data',
      authentication: {
        superuser: { username: 'postgres', password: 'p' },
        replication: { username: 'replicator', password: 'r' },
        rewind: { username: 'rewinder', password: 'w' },
      },
    },
    watchdog: { mode: watchdog },
    tags,
  };
}

/** The configuration in force with this dynamic one; null: the store has none yet. */
export function memberConfig(setup: MemberSetup, dynamic: JsonObject | null): AgentConfig {
  const file = fileOf(setup);
  return buildAgentConfig({ file, environment: {}, dynamic, homeDirectory: '/home/postgres' })
    .config;
}
