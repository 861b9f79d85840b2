// Tells the machine what the agent knows, where somebody asked for it (agentFactsVariable).

import { printAgentFacts } from '#core/ha/agent-facts.ts';
import { makeFacts } from '#core/ha/make-facts.ts';
import type { AgentContext } from './context.ts';

export function publishFacts({ deps, state }: AgentContext, isStoreReachable: boolean): void {
  if (deps.writeFacts === null) return;
  const last = state.decisions.at(-1);
  const text = printAgentFacts(
    makeFacts({
      name: state.config.name,
      scope: state.config.scope,
      config: state.config.global,
      cluster: state.cluster,
      isStoreReachable,
      postgres: deps.postgres.lastFacts(),
      rule: last?.rule ?? 0,
      message: last?.message ?? '',
    }),
  );
  if (text === state.factsText) return;
  state.factsText = text;
  deps.writeFacts(text);
}
