// relation-get: which bag is meant, who may read it, and one value or all of them (3.8).

import type { ApplicationName, UnitName } from '../model.ts';
import { applicationOf, isApplicationName, isUnitName } from '../names.ts';
import { goQuote } from './go-quote.ts';
import { isSet } from './flags.ts';
import { isLeader } from './leader-check.ts';
import { requireNoMore } from './arguments.ts';
import type { ContextRelation } from './context-relations.ts';
import { relationFlag, requireRelation } from './relation-flag.ts';
import { applicationSettings, ownApplicationSettings } from './relation-settings.ts';
import { ownUnitSettings, remoteUnitSettings } from './relation-settings.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

type Target =
  | { readonly kind: 'unit'; readonly unit: UnitName }
  | { readonly kind: 'application'; readonly application: ApplicationName };

/** The order of the checks is Juju's: relation, target, surplus arguments, and permission last. */
function relationGet(invocation: Invocation): void {
  const relation = requireRelation(invocation);
  const [key = '-', name, ...rest] = invocation.args;
  const target = name === undefined ? defaultTarget(invocation) : namedTarget(invocation, name);
  requireNoMore(rest);
  const settings = read(invocation, relation, target);
  if (key === '-' || key === '') invocation.print(settings);
  else invocation.print(settings.get(key) ?? null);
}

/** `--app` turns a unit's name into its application's; without it an application's name is refused (H82). */
function namedTarget(invocation: Invocation, name: string): Target {
  if (isSet(invocation.flags, 'app')) {
    const application = isUnitName(name) ? applicationOf(name) : name;
    return { kind: 'application', application };
  }
  if (isUnitName(name)) return { kind: 'unit', unit: name };
  if (isApplicationName(name)) {
    throw usageError(`expected unit name, got application name ${goQuote(name)}`);
  }
  throw usageError(`invalid unit name ${goQuote(name)}`);
}

/** The hook's remote unit; where it has none but a remote application, `--app` is implied (H81). */
function defaultTarget(invocation: Invocation): Target {
  const { remoteUnit, remoteApplication } = invocation.context;
  if (!isSet(invocation.flags, 'app') && remoteUnit !== null) {
    return { kind: 'unit', unit: remoteUnit };
  }
  if (remoteApplication === null) throw usageError('no unit or application specified');
  return { kind: 'application', application: remoteApplication };
}

/** Own bags come from the hook's buffers, all others by the rules of relation-settings.ts. */
function read(
  invocation: Invocation,
  relation: ContextRelation,
  target: Target,
): ReadonlyMap<string, string> {
  const { context } = invocation;
  if (target.kind === 'unit') {
    if (target.unit === context.unit) return ownUnitSettings(invocation, relation).current;
    return new Map(Object.entries(remoteUnitSettings(invocation, relation, target.unit)));
  }
  if (target.application === '') throw runError('permission denied');
  // A leader reads its own writes; everybody else asks the controller (H75, H77).
  const ownBag =
    target.application === context.application &&
    isLeader(invocation, 'cannot determine leadership status');
  if (ownBag) return ownApplicationSettings(invocation, relation).current;
  return new Map(Object.entries(applicationSettings(invocation, relation, target.application)));
}

export const relationGetTool: Tool = {
  name: 'relation-get',
  usage: '[<key>|-] [<unit or application>]',
  purpose: 'Get the settings of a unit or an application in a relation.',
  flags: [
    relationFlag,
    {
      names: ['app'],
      kind: 'boolean',
      help: "get the settings of the application, not of one of its units'",
    },
  ],
  formats: smartFormats,
  run: relationGet,
};
