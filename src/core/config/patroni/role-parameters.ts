// Some parameters must be at least as high on a standby as they were on its primary, or it can't replay: a
// standby starts with the larger of what is configured and what its control file says, and waits for a
// restart where that is not what is configured. So an increase goes to standbys first and a decrease last.

import type { PendingRestartReason } from '#core/dcs/cluster.ts';
import { readInteger } from './read-value.ts';
import type { RoleVariant } from './role-variant.ts';

/** Each with what pg_controldata calls it. */
export const controlledParameters: ReadonlyMap<string, string> = new Map([
  ['max_connections', 'max_connections setting'],
  ['max_prepared_transactions', 'max_prepared_xacts setting'],
  ['max_locks_per_transaction', 'max_locks_per_xact setting'],
  ['max_worker_processes', 'max_worker_processes setting'],
  ['max_wal_senders', 'max_wal_senders setting'],
]);

export interface RoleParametersRequest {
  readonly role: RoleVariant;
  /** As `serverParameters` made them. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Values of the control file by the parameter's name; null where there is none to read. */
  readonly controlSettings: Readonly<Record<string, number>> | null;
  /** Where a custom bootstrap runs, whether its recovery ends by itself at a target (B-33 f). */
  readonly customBootstrap: { readonly isPromotedAtTarget: boolean } | null;
}

export interface RoleParameters {
  readonly parameters: Readonly<Record<string, string>>;
  readonly pendingRestart: PendingRestartReason;
  readonly warnings: readonly string[];
}

/** The parameters to start with in this role. */
export function roleParameters(request: RoleParametersRequest): RoleParameters {
  const { parameters, controlSettings, customBootstrap } = request;
  if (request.role === 'primary' && customBootstrap === null) {
    return { parameters, pendingRestart: {}, warnings: [] };
  }
  const raised = new Map(Object.entries(parameters));
  const pendingRestart: Record<string, { old_value: string; new_value: string }> = {};
  const warnings: string[] = [];
  for (const [name, label] of controlledParameters) {
    const configured = readInteger(parameters[name]);
    const before = controlSettings?.[name];
    if (before === undefined) {
      if (controlSettings !== null) warnings.push(`${label} is missing from pg_controldata output`);
      continue;
    }
    if (configured === null || before <= configured) continue;
    raised.set(name, String(before));
    pendingRestart[name] = { old_value: String(before), new_value: String(configured) };
  }
  if (customBootstrap?.isPromotedAtTarget === true) {
    // With it on, replay would stop at a parameter that grew in the WAL that is being restored.
    raised.set('hot_standby', 'off');
    pendingRestart['hot_standby'] = { old_value: 'off', new_value: 'on' };
  }
  return { parameters: Object.fromEntries(raised), pendingRestart, warnings };
}
