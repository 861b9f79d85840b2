// Where one member's PostgreSQL lives and as whom its programs run. Made once, when the agent starts.

import { join } from 'node:path';
import type { PostgresqlConfig } from '#core/config/patroni/agent-config.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';

export interface MemberPlace {
  readonly dataDirectory: string;
  /** Where postgresql.conf is; mostly the data directory. */
  readonly configDirectory: string;
  readonly identity: Identity;
  /** File that takes what the postmaster prints; null hands it our own output. */
  readonly serverLog: string | null;
  /** Path of one of PostgreSQL's programs, or its plain name where PATH is to be searched. */
  readonly program: (name: string) => string;
}

export function memberPlace(
  config: PostgresqlConfig,
  identity: Identity,
  serverLog: string | null,
): MemberPlace {
  return {
    dataDirectory: config.dataDir,
    configDirectory: config.configDir === '' ? config.dataDir : config.configDir,
    identity,
    serverLog,
    program: (name) => {
      const file = config.binName[name] ?? name;
      return config.binDir === '' ? file : join(config.binDir, file);
    },
  };
}
