// Runs one action. It never puts the unit in error (E115): what can't be done is told to whoever
// asked, in one sentence.

import { ActionFailure } from '../charm.ts';
import type { Action, Charm, CharmContext } from '../charm.ts';
import { dispatch } from './dispatch.ts';
import { explain, readExplanation } from './explain.ts';
import type { Explanation } from './explain.ts';
import type { HookSession } from './hook-session.ts';

/**
 * Runs the action, then the handlers that wait for a flag or a file it changed: an action is no hook,
 * so what it did not touch can wait for the next one.
 * @throws ActionFailure when it can't be done; HookExit; any other error is a fault of the charm
 */
export async function runAction<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  session: HookSession<CharmContext<Flag, Services, Endpoints>>,
): Promise<Explanation> {
  const { context, circumstances, flags } = session;
  const name = context.hook.action?.name ?? '';
  const action = findAction(charm, name);
  if (action === null)
    throw new ActionFailure(unknownAction(name, Object.keys(charm.actions ?? {})));
  // What changed while the action was prepared is for the next hook.
  flags.takeChanges();
  const results = await action.run(context, context.tools.actionGet());
  if (results !== undefined) context.tools.actionSet(results);
  const onlyFor = flags.takeChanges();
  const { handlers } = charm;
  const outcome = await dispatch({ handlers, circumstances, context, onlyFor });
  if (outcome.exit !== null && outcome.exit.exitCode !== 0) throw outcome.exit;
  return outcome.explanation;
}

type ActionOf<Flag extends string, Services, Endpoints extends object> = Action<
  CharmContext<Flag, Services, Endpoints>
>;

function findAction<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  name: string,
): ActionOf<Flag, Services, Endpoints> | null {
  const actions = charm.actions ?? {};
  if (Object.hasOwn(actions, name)) return actions[name] ?? null;
  // Every charm can explain its last hook; its actions.yaml decides whether it may be asked.
  if (name !== 'explain') return null;
  return { run: ({ data }) => ({ explanation: explain(readExplanation(data)) }) };
}

function unknownAction(name: string, known: readonly string[]): string {
  return `This charm has no action '${name}': it has ${known.length === 0 ? 'none' : known.join(', ')}`;
}
