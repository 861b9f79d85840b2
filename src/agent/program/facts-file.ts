// The file in which the agent tells its machine about itself, and the mark by which it asks somebody to look at it,
// where the environment names them (agent-facts.ts).

import { writeFileSync } from 'node:fs';
import { writeFileAtomically } from '#adapters/files/atomic-write.ts';
import type { AgentLog } from '#adapters/log/agent-log.ts';
import {
  agentFactsVariable,
  agentWakeVariable,
  factsNews,
  parseAgentFacts,
} from '#core/ha/agent-facts.ts';
import { wordsOf } from '../executor.ts';

/** Null where nobody asked for the file. A file that can't be written is no reason to stop leading. */
export function factsWriter(
  log: AgentLog,
  variables: Readonly<Record<string, string | undefined>>,
): ((text: string) => void) | null {
  const path = variables[agentFactsVariable] ?? '';
  const mark = variables[agentWakeVariable] ?? '';
  if (path === '') return null;
  let known: string | null = null;
  return (text) => {
    try {
      writeFileAtomically(path, text, 0o644);
      const facts = mark === '' ? null : parseAgentFacts(text);
      const news = facts === null ? known : factsNews(facts);
      if (news === known || news === null) return;
      writeFileSync(mark, '');
      // Only now: a mark that could not be made is made with the next facts.
      known = news;
    } catch (error) {
      log.warning(`Cannot tell of a change: ${wordsOf(error)}`);
    }
  };
}
