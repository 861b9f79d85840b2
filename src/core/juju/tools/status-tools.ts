// status-set and status-get (3.12). Setting takes effect at once and stays when the hook fails (E61);
// getting remembers its first answer for the rest of the hook (H115).

import { applicationNamed, unitNamed, unitsOf } from '../find.ts';
import { withKey } from '../own.ts';
import type { Model, StatusInfo, StatusName, UnitName } from '../model.ts';
import { isSet } from './flags.ts';
import type { FlagDefinition } from './flags.ts';
import { goQuote } from './go-quote.ts';
import { requireLeader } from './leader-check.ts';
import { requireNoMore } from './arguments.ts';
import { toOutput } from './output-value.ts';
import type { OutputMap, OutputValue } from './output-value.ts';
import { smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

const settable: readonly StatusName[] = ['maintenance', 'blocked', 'waiting', 'active'];
const applicationFlag: FlagDefinition = {
  names: ['application'],
  kind: 'boolean',
  help: "the application's status, for its leader",
};

/** The status is checked before the lead is asked for: a bad word is exit 2 on every unit (H110, H111). */
function statusSet(invocation: Invocation): void {
  const [given, message = '', ...rest] = invocation.args;
  if (given === undefined) throw usageError('invalid args, require <status> [message]');
  const status = settable.find((name) => name === given);
  if (status === undefined) {
    const expected = `[${settable.join(' ')}]`;
    throw usageError(`invalid status ${goQuote(given)}, expected one of ${expected}`);
  }
  requireNoMore(rest);
  // The time moves even when nothing else does.
  const info: StatusInfo = { status, message, data: {}, since: invocation.world.now };
  const { context } = invocation;
  if (isSet(invocation.flags, 'application')) {
    requireLeader(invocation, 'this unit is not the leader');
    const application = applicationNamed(invocation.model, context.application);
    const applications = withKey(invocation.model.applications, application.name, {
      ...application,
      status: info,
    });
    invocation.model = { ...invocation.model, applications };
    return;
  }
  invocation.model = withUnitStatus(invocation.model, context.unit, info);
}

/** The uniter's own record learns that the charm speaks for itself (E90, E92). */
function withUnitStatus(model: Model, name: UnitName, workloadStatus: StatusInfo): Model {
  const unit = unitNamed(model, name);
  const uniter = unit.uniter.statusSet ? unit.uniter : { ...unit.uniter, statusSet: true };
  return { ...model, units: withKey(model.units, name, { ...unit, workloadStatus, uniter }) };
}

function statusGet(invocation: Invocation): void {
  requireNoMore(invocation.args);
  if (isSet(invocation.flags, 'application')) getApplicationStatus(invocation);
  else getUnitStatus(invocation);
}

/** A later status-set of the same hook is not seen once this was asked (H115). */
function getUnitStatus(invocation: Invocation): void {
  const { context } = invocation;
  context.unitStatus ??= unitNamed(invocation.model, context.unit).workloadStatus;
  if (wantsWord(invocation)) invocation.print(context.unitStatus.status);
  else invocation.print(details(invocation, context.unitStatus));
}

/** The units stand inside the application's own map, beside its status (H114). */
function getApplicationStatus(invocation: Invocation): void {
  const { context } = invocation;
  requireLeader(invocation, 'finding application status: this unit is not the leader');
  const { status } = applicationNamed(invocation.model, context.application);
  context.applicationStatus ??= status ?? neverSet;
  if (wantsWord(invocation)) {
    invocation.print(context.applicationStatus.status);
    return;
  }
  const units = unitsOf(invocation.model, context.application).map(
    (name): [string, OutputValue] => [
      name,
      details(invocation, unitNamed(invocation.model, name).workloadStatus),
    ],
  );
  const application = new Map(details(invocation, context.applicationStatus));
  application.set('units', new Map(units));
  invocation.print(new Map([['application-status', application]]));
}

/** H116. */
const neverSet: StatusInfo = { status: 'unknown', message: '', data: {}, since: 0 };

/** Only the smart format has a short answer; json and yaml always print a map (H113). */
function wantsWord(invocation: Invocation): boolean {
  const smart = (invocation.flags.get('format') ?? 'smart') === 'smart';
  return smart && !isSet(invocation.flags, 'include-data');
}

function details(invocation: Invocation, info: StatusInfo): OutputMap {
  const fields = new Map<string, OutputValue>([['status', info.status]]);
  if (isSet(invocation.flags, 'include-data')) {
    fields.set('message', info.message);
    fields.set('status-data', toOutput(info.data));
  }
  return fields;
}

export const statusTools: readonly Tool[] = [
  {
    name: 'status-set',
    usage: '<maintenance | blocked | waiting | active> [message]',
    purpose: 'Set the workload status of the unit.',
    flags: [applicationFlag],
    formats: null,
    run: statusSet,
  },
  {
    name: 'status-get',
    usage: '',
    purpose: 'Print the workload status of the unit.',
    flags: [
      { names: ['include-data'], kind: 'boolean', help: 'print message and data too' },
      applicationFlag,
    ],
    formats: smartFormats,
    run: statusGet,
  },
];
