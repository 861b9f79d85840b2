// status-set, status-get, is-leader and juju-reboot: the unit's standing in its application.

import type { ToolCaller } from './call.ts';
import { asBoolean, asRecord, textAt } from './shape.ts';
import type { UnknownRecord } from './shape.ts';
import { checkArgument } from './text.ts';

/** What a charm may set; Juju keeps `error`, `unknown` and `terminated` for itself (H112). */
export type SettableStatus = 'active' | 'blocked' | 'maintenance' | 'waiting';

export interface StatusReport {
  /** What was set last, or for example `unknown` where nothing ever was (H116). */
  readonly status: string;
  readonly message: string;
  readonly data: UnknownRecord;
}

export interface ApplicationStatusReport extends StatusReport {
  /** By unit name, this unit among them. */
  readonly units: Readonly<Record<string, StatusReport>>;
}

export interface StatusTools {
  /**
   * Sets the unit's or, for the leader, the application's status. At once, and it stays even if the
   * hook fails (E61). @throws HookToolError `notLeader` (H111)
   */
  statusSet(
    status: SettableStatus,
    message: string,
    options?: { readonly application?: boolean },
  ): void;
  /** The unit's status as it was at the first call in this hook (H115). */
  statusGet(): StatusReport;
  /** Leader only. */
  applicationStatusGet(): ApplicationStatusReport;
  /** True is good for 30 seconds from the answer (D3); false stays false in this hook (D4). */
  isLeader(): boolean;
  /** Reboots the machine after this hook, or `now`, which ends this process. Not in actions (E120). */
  jujuReboot(options?: { readonly now?: boolean }): void;
}

export function createStatusTools(call: ToolCaller): StatusTools {
  return {
    statusSet(status, message, options = {}) {
      const text = call.redactor.clean(message);
      checkArgument('status-set', 'the message', text);
      const flags = options.application === true ? ['--application'] : [];
      call.run('status-set', [...flags, '--', status, text]);
    },
    statusGet: () => report(asRecord('status-get', call.json('status-get', ['--include-data']))),
    applicationStatusGet() {
      const answer = call.json('status-get', ['--application', '--include-data']);
      const application = asRecord(
        'status-get',
        asRecord('status-get', answer)['application-status'],
      );
      const units = Object.entries(asRecord('status-get', application['units']));
      return {
        ...report(application),
        units: Object.fromEntries(
          units.map(([unit, fields]) => [unit, report(asRecord('status-get', fields))]),
        ),
      };
    },
    isLeader: () => asBoolean('is-leader', call.json('is-leader', [])),
    jujuReboot(options = {}) {
      call.run('juju-reboot', options.now === true ? ['--now'] : []);
    },
  };
}

function report(fields: UnknownRecord): StatusReport {
  return {
    status: textAt(fields, 'status', 'unknown'),
    message: textAt(fields, 'message'),
    data: asRecord('status-get', fields['status-data']),
  };
}
