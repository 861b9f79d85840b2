// A hook that failed: what the unit records, what its agent reports (E81, E82), and how the report comes
// back after something else ran in between (E85).

import type { Random } from '../../random.ts';
import { unitNamed } from '../find.ts';
import type { HookInfo, Millis, Model, UnitName } from '../model.ts';
import { retryDelay } from './back-off.ts';
import { hookName, remoteUnitOf } from './hook-name.ts';
import { withAgentStatus, withUniter } from './record.ts';

/** Records one more failure of the hook that is pending. It stays pending until a retry or `resolve`. */
export function failHook(
  model: Model,
  unit: UnitName,
  hook: HookInfo,
  now: Millis,
  random: Random | null,
): Model {
  return reportHookError(recordFailure(model, unit, now, random), unit, hook, now);
}

/** Counts a failure and sets the time of the next try, if the model is to try by itself. */
export function recordFailure(
  model: Model,
  unit: UnitName,
  now: Millis,
  random: Random | null,
): Model {
  const { failure } = unitNamed(model, unit).uniter;
  const attempts = (failure?.attempts ?? 0) + 1;
  const retryAt = model.config.automaticallyRetryHooks ? now + retryDelay(attempts, random) : null;
  return withUniter(model, unit, { failure: { attempts, retryAt } });
}

/** The agent status of a failed hook, exactly as Juju words it (E81). */
export function reportHookError(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  const name = hookName(model, unit, hook);
  return withAgentStatus(model, unit, 'error', `hook failed: "${name}"`, now, {
    hook: name,
    ...errorData(hook),
  });
}

function errorData(hook: HookInfo): Readonly<Record<string, unknown>> {
  if ('relation' in hook) {
    const remoteUnit = remoteUnitOf(hook);
    return {
      'relation-id': Number(hook.relation),
      ...(remoteUnit === '' ? {} : { 'remote-unit': remoteUnit }),
    };
  }
  if ('secret' in hook) {
    return {
      'secret-uri': `secret:${hook.secret}`,
      ...(hook.label === '' ? {} : { 'secret-label': hook.label }),
    };
  }
  return {};
}
