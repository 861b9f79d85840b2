// The hook tools with a memory of one hook. Each tool is a process of its own, so nothing is read
// twice, and a hook's writes to a bag leave together at its end.

import type { HookTools } from './hook-tools.ts';
import type { BagCacheOptions } from './bag-cache.ts';
import { createBagCache } from './bag-cache.ts';

export interface CachedTools extends HookTools {
  /**
   * Sends the pending writes to our bags. The charm's main calls it once, after the handlers and
   * before it commits the unit data: when Juju refuses a write, nothing of the hook is kept.
   * @throws HookToolError
   */
  flush(): void;
}

export interface CachedToolsOptions extends Pick<BagCacheOptions, 'unitName' | 'applicationName'> {
  /** Milliseconds, to tell how old an answer of is-leader is. */
  now(): number;
}

/**
 * How long a true answer of is-leader is believed. Juju vouches for 30 s (D3); two thirds of them are
 * left for whatever is done on the strength of it (W10).
 */
const leadershipTrustMs = 10_000;

/** Puts the memory before the tools. What has no memory here goes straight to the tool. */
export function createCachedTools(tools: HookTools, options: CachedToolsOptions): CachedTools {
  const isLeader = rememberLeadership(
    () => tools.isLeader(),
    () => options.now(),
  );
  const bags = createBagCache(tools, { ...options, isLeader });
  return {
    ...tools,
    isLeader,
    flush: () => bags.flush(),
    relationGet: bags.relationGet,
    relationGetKey: bags.relationGetKey,
    relationSet: bags.relationSet,
    relationIds: remember((endpoint: string) => tools.relationIds(endpoint)),
    relationList: remember((relation: string) => tools.relationList(relation)),
    relationRemoteApplication: remember((relation: string) =>
      tools.relationRemoteApplication(relation),
    ),
    relationModelGet: remember((relation: string) => tools.relationModelGet(relation)),
    configGet: remember(() => tools.configGet()),
    actionGet: remember(() => tools.actionGet()),
    unitGet: remember((setting) => tools.unitGet(setting)),
    networkGet: remember((binding, networkOptions) => tools.networkGet(binding, networkOptions)),
    storageGet: remember((id) => tools.storageGet(id)),
    storageList: remember((name) => tools.storageList(name)),
  };
}

/** False holds for the rest of the hook (D4), true for a while. */
function rememberLeadership(ask: () => boolean, now: () => number): () => boolean {
  let answer: { readonly leader: boolean; readonly at: number } | null = null;
  return () => {
    if (answer?.leader === false) return false;
    // Counted from before the question: the 30 s start at the latest when the answer was given.
    const at = now();
    if (answer !== null && at >= answer.at && at - answer.at < leadershipTrustMs) return true;
    answer = { leader: ask(), at };
    return answer.leader;
  };
}

/** Remembers what a reading tool answered to the same arguments. A failure is not remembered. */
function remember<Args extends readonly unknown[], Result>(
  read: (...args: Args) => Result,
): (...args: Args) => Result {
  const answers = new Map<string, Result>();
  return (...args) => {
    const name = JSON.stringify(args);
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = read(...args);
    answers.set(name, answer);
    return answer;
  };
}
