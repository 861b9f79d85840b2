// Makes a program of a charm: one call for one hook, action or event of the charm's own.
//
// Order: context, unit data, peer relation and leadership, endpoints, protocols, handlers, statuses,
// the writes to our bags, the log, and last the unit data. Whatever fails on the way, nothing of the
// hook is kept, by us or by Juju (E63), and Juju runs the same hook again with what is true by then.
//
// An event can't be put off. Juju has no such thing (W8): a charm that wants one has to store the
// event and bring it back in a later hook, when the relation or unit it spoke of may be gone. A
// handler that waits for a flag does the same from facts that are true when it runs.

import type { Charm } from './charm.ts';
import { ActionFailure } from './charm.ts';
import type { HookContext } from './context/hook-context.ts';
import { readHookContext } from './context/hook-context.ts';
import type { HookMain, HookResult } from './host.ts';
import { createLog } from './log/log.ts';
import type { Log } from './log/log.ts';
import { createRedactor } from './log/redactor.ts';
import { dispatch } from './reactive/dispatch.ts';
import { errorChain } from './reactive/error-chain.ts';
import type { Explanation, HandlerRun } from './reactive/explain.ts';
import { keepExplanation, readExplanation } from './reactive/explain.ts';
import { HookExit } from './reactive/hook-exit.ts';
import { createSession } from './reactive/hook-session.ts';
import type { SessionParts } from './reactive/hook-session.ts';
import { runAction } from './reactive/run-action.ts';
import type { UnitData } from './state/unit-data.ts';
import { openUnitData } from './state/unit-data.ts';
import { setStatuses, workOutStatuses } from './status/report-status.ts';
import { createCachedTools } from './tools/cached-tools.ts';
import { createHookTools } from './tools/hook-tools.ts';
import type { HookTools } from './tools/hook-tools.ts';

/** Hooks in which Juju allows next to nothing; only handlers that name them run. */
const restrictedHooks: ReadonlySet<string> = new Set(['collect-metrics', 'meter-status-changed']);

/** A custom event that runs nothing and answers with the explanation of the last hook as the trace. */
const explainEvent = 'explain';

/** The charm's program. Its trace is the explanation of what ran. */
export function runCharm<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
): HookMain<Services, Explanation> {
  return async (host) => {
    const redactor = createRedactor();
    const tools = createHookTools(host.runner, { redactor });
    const log = createLog(tools, redactor);
    const ran: HandlerRun[] = [];
    let hook: HookContext | null = null;
    let data: UnitData | null = null;
    try {
      hook = readHookContext(host.environment);
      data = openUnitData(host.unitDataPath, { now: () => host.now() });
      const cached = createCachedTools(tools, {
        unitName: hook.unitName,
        applicationName: hook.applicationName,
        now: () => host.now(),
      });
      const trace = await perform(charm, { host, hook, tools: cached, data, log }, ran);
      log.flush();
      data.flush();
      return trace === null ? { exitCode: 0 } : { exitCode: 0, trace };
    } catch (error) {
      // What was not flushed to the unit data is undone when they are closed.
      const result = fail(error, hook, tools, log);
      return { ...result, trace: { hook: hook?.dispatchName ?? '', ran, held: [] } };
    } finally {
      data?.close();
    }
  };
}

/** Does the work, up to and including the writes to our bags. */
async function perform<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  parts: SessionParts<Services>,
  ran: HandlerRun[],
): Promise<Explanation | null> {
  const { hook, tools, data } = parts;
  if (hook.kind === 'custom' && hook.dispatchName === explainEvent) return readExplanation(data);
  const session = createSession(charm, parts);
  const { context, circumstances } = session;
  const onRun = (run: HandlerRun): void => void ran.push(run);
  const isRestricted = hook.kind === 'hook' && restrictedHooks.has(hook.dispatchName);
  const handlers = isRestricted
    ? charm.handlers.filter(({ predicates }) => predicates.some((one) => one.kind === 'hook'))
    : charm.handlers;
  let explanation: Explanation | null = null;
  try {
    if (!isRestricted) session.begin();
    if (hook.kind === 'action') {
      explanation = await runAction(charm, session);
    } else {
      const outcome = await dispatch({ handlers, circumstances, context, onRun });
      explanation = outcome.explanation;
      if (outcome.exit !== null && outcome.exit.exitCode !== 0) throw outcome.exit;
      if (!isRestricted) keepExplanation(data, explanation);
    }
  } catch (error) {
    // Leaving with success is no failure wherever it is done: only what would follow is skipped.
    if (!(error instanceof HookExit && error.exitCode === 0)) throw error;
  }
  if (isRestricted) return explanation;
  session.end();
  const statuses = await workOutStatuses(charm, context);
  // Statuses are set at once and stay (E61), so they come after the last thing that is likely to fail.
  tools.flush();
  setStatuses(tools, statuses);
  return explanation;
}

/** What a failed hook answers. An action that could not be done is no failure of the program. */
function fail(
  error: unknown,
  hook: HookContext | null,
  tools: HookTools,
  log: Log,
): HookResult<Explanation> {
  const isAction = hook?.kind === 'action';
  try {
    if (isAction && error instanceof ActionFailure) {
      tools.actionFail(error.message);
      log.flush();
      return { exitCode: 0 };
    }
    if (error instanceof HookExit) {
      log.warning(error.message);
      log.flush();
      return { exitCode: error.exitCode, error };
    }
    if (isAction) tools.actionFail(`The charm failed: ${messageOf(error)}. See juju debug-log`);
    // Without a context there is no log to write to: whoever runs the program shows the error.
    if (hook !== null) log.error(`Hook failed: ${errorChain(error)}`);
    log.flush();
    return { exitCode: 1, error };
  } catch (secondError) {
    const both = [error, secondError];
    return {
      exitCode: 1,
      error: new AggregateError(both, `${messageOf(error)}; ${messageOf(secondError)}`),
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
