// `pg-agent explain`: the last decisions of a running agent and their reasons, from its REST API.

import { openHttpPeers } from '#adapters/peers/http-peers.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { printDecisions, readDecisions } from '#core/rest/decisions-text.ts';
import { createAgentLog } from '#adapters/log/agent-log.ts';
import { wordsOf } from '../executor.ts';

const timeoutMs = 3000;

/** Prints the decisions; the exit code. */
export async function explain(
  config: AgentConfig,
  isJson: boolean,
  print: (text: string) => void,
): Promise<number> {
  const { host, port } = config.restapi.connectAddress;
  const url = `${config.restapi.protocol}://${host}:${port}/decisions`;
  try {
    const peers = await openHttpPeers(config, createAgentLog({ ...config.log, dir: null }));
    const answer = await peers.get(url, timeoutMs);
    print(isJson ? `${answer}\n` : printDecisions(readDecisions(answer)));
    return 0;
  } catch (error) {
    print(
      `Cannot ask the agent at ${url}: ${wordsOf(error)}. ` +
        'Is it running on this machine, with this configuration?\n',
    );
    return 1;
  }
}
