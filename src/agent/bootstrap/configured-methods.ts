// The configured replica methods, as the choice among them takes them.

import type { ConfiguredMethods } from '#core/bootstrap/choose-methods.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';

export function configuredMethods(config: AgentConfig): ConfiguredMethods {
  return {
    own: config.postgresql.createReplicaMethods,
    sections: config.postgresql.methods,
    standbyCluster: config.global.standbyCluster,
  };
}
