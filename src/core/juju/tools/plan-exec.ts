// juju-exec as a program on the unit's machine calls it (3.30): whose context its commands run in, or why
// they don't (H250-H254b). Waiting for the unit and running the commands is the agent's work.

import type { ApplicationName, Model, RelationId, UnitName } from '../model.ts';
import { isApplicationName, isUnitName } from '../names.ts';
import { own } from '../own.ts';
import { requireNoMore } from './arguments.ts';
import { contextRelations } from './context-relations.ts';
import { isSet, parseFlags } from './flags.ts';
import type { FlagDefinition, FlagValues } from './flags.ts';
import { runError, ToolFailure, usageError } from './tool.ts';

export interface ExecPlan {
  readonly ok: true;
  /** Null with `--no-context`: the commands run without hook tools, and no unit is waited for. */
  readonly unit: UnitName | null;
  /** One bash script. */
  readonly commands: string;
  readonly relation: RelationId | undefined;
  /** Given, or inferred as the relation's only member. */
  readonly remoteUnit: UnitName | undefined;
  /** Given only: it is never filled in from the relation (H254b). */
  readonly remoteApplication: ApplicationName | undefined;
  readonly operator: boolean;
}

/** What juju-exec answers without running anything: an error, or its help with code 0. */
export interface ExecRefusal {
  readonly ok: false;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const flags: readonly FlagDefinition[] = [
  { names: ['u', 'unit'], kind: 'text', help: 'the unit to run the commands for' },
  { names: ['no-context'], kind: 'boolean', help: 'run without a hook context' },
  { names: ['r', 'relation'], kind: 'text', help: 'the relation the context is about' },
  { names: ['remote-unit'], kind: 'text', help: 'the remote unit of the relation' },
  { names: ['remote-app'], kind: 'text', help: 'the remote application of the relation' },
  { names: ['force-remote-unit'], kind: 'boolean', help: 'take a remote unit that has departed' },
  { names: ['operator'], kind: 'boolean', help: 'run on the operator instead of the workload' },
];

const usage = 'Usage: juju-exec [options] [-u <unit-name>] <commands>\n';

/**
 * Reads the command line. `unit` is the unit whose machine juju-exec was called on, taken when the command
 * line names none; null when the machine has several. Exit 2 for bad arguments, 1 for the rest.
 */
export function planExec(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  model: Model,
  unit: UnitName | null,
): ExecPlan | ExecRefusal {
  const parsed = parseFlags(flags, args, () => null);
  if (parsed.kind === 'help') return { ok: false, code: 0, stdout: usage, stderr: '' };
  if (parsed.kind === 'error') return refusal(2, parsed.message);
  try {
    return plan(parsed.flags, parsed.args, environment, model, unit);
  } catch (error) {
    if (error instanceof ToolFailure) return refusal(error.code, error.message);
    throw error;
  }
}

/** A daemon started by a hook must have dropped JUJU_CONTEXT_ID; that is checked before anything else (H251). */
function plan(
  given: FlagValues,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  model: Model,
  home: UnitName | null,
): ExecPlan {
  const context = environment['JUJU_CONTEXT_ID'] ?? '';
  if (context !== '') {
    const reason = 'juju-exec cannot be called from within a hook';
    throw usageError(`${reason}, have context "${context}"`);
  }
  const operator = isSet(given, 'operator');
  const { named, rest } = positionals(given, args);
  const [commands, ...more] = rest;
  if (commands === undefined || commands === '') throw usageError('missing commands');
  requireNoMore(more);
  if (isSet(given, 'no-context')) {
    return { ok: true, unit: null, commands, ...noRelation, operator };
  }
  const unit = unitOnMachine(model, home, named);
  return { ok: true, unit, commands, ...relationPart(model, unit, given), operator };
}

/** The unit may also be the first positional, as it was for juju-run. */
function positionals(
  given: FlagValues,
  args: readonly string[],
): { readonly named: UnitName | null; readonly rest: readonly string[] } {
  const flag = given.get('unit');
  if (flag !== undefined) return { named: flag, rest: args };
  const [first = '', ...rest] = args;
  return isUnitName(first) && rest.length > 0
    ? { named: first, rest }
    : { named: null, rest: args };
}

/** Only units of the machine juju-exec was called on are in its reach. */
function unitOnMachine(model: Model, home: UnitName | null, named: UnitName | null): UnitName {
  const wanted = named ?? home;
  if (wanted === null) throw usageError('missing unit-name');
  const unit = own(model.units, wanted);
  const here = home === null ? undefined : own(model.units, home);
  const isElsewhere = here !== undefined && unit !== undefined && here.machine !== unit.machine;
  if (unit === undefined || isElsewhere) {
    throw runError(`unit "${wanted}" not found on this machine`);
  }
  return wanted;
}

type RelationPart = Pick<ExecPlan, 'relation' | 'remoteUnit' | 'remoteApplication'>;

const noRelation: RelationPart = {
  relation: undefined,
  remoteUnit: undefined,
  remoteApplication: undefined,
};

/** Members are the unit's own record, as in a hook: a unit not yet joined can't be inferred. */
function relationPart(model: Model, unit: UnitName, given: FlagValues): RelationPart {
  const text = given.get('relation') ?? '';
  const remoteUnit = given.get('remote-unit') ?? '';
  const remoteApplication = given.get('remote-app') ?? '';
  if (remoteUnit !== '' && !isUnitName(remoteUnit)) {
    throw runError(`invalid remote unit: ${remoteUnit}`);
  }
  if (remoteApplication !== '' && !isApplicationName(remoteApplication)) {
    throw runError(`invalid remote application: ${remoteApplication}`);
  }
  const application = remoteApplication === '' ? noRelation : { ...noRelation, remoteApplication };
  if (text === '') {
    if (remoteUnit !== '') throw runError(`remote unit provided without a relation: ${remoteUnit}`);
    return application;
  }
  const digits = text.slice(text.lastIndexOf(':') + 1);
  if (!/^[0-9]+$/u.test(digits)) throw usageError('invalid relation id');
  const relation = contextRelations(model, unit, null).get(digits);
  if (relation === undefined) throw runError(`unknown relation id: ${digits}`);
  // With an application named and no unit, the commands are about the application as a whole.
  if (remoteUnit === '' && remoteApplication !== '') {
    return { ...application, relation: relation.id };
  }
  const force = isSet(given, 'force-remote-unit');
  const member = memberOf(relation.id, relation.members, remoteUnit, force);
  return { ...application, relation: relation.id, remoteUnit: member };
}

/** The unit named, or the only member there is. */
function memberOf(
  id: RelationId,
  members: readonly UnitName[],
  named: UnitName,
  force: boolean,
): UnitName {
  if (named !== '') {
    if (members.includes(named) || force) return named;
    throw runError(`unknown remote unit ${named}; use --force-remote-unit to override`);
  }
  const [only, ...more] = members;
  if (only === undefined) throw runError(`cannot infer remote unit in empty relation ${id}`);
  if (more.length > 0) {
    throw runError(`ambiguous remote unit; possibilities are [${members.join(' ')}]`);
  }
  return only;
}

function refusal(code: number, message: string): ExecRefusal {
  return { ok: false, code, stdout: '', stderr: `ERROR ${message}\n` };
}
