// action-get, action-set, action-fail and action-log (3.20). They work in an action only.

import { own, withKey } from '../own.ts';
import type { Task } from '../model.ts';
import { requireNoMore } from './arguments.ts';
import { goQuote } from './go-quote.ts';
import type { ActionBuffer, ActionResults } from './hook-context.ts';
import { isMap, toOutput } from './output-value.ts';
import type { OutputValue } from './output-value.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

const segmentPattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;
// The runner itself fills these in (E23).
const reserved: readonly string[] = ['stdout', 'stdout-encoding', 'stderr', 'stderr-encoding'];
const defaultFailure = 'action failed without reason given, check action for errors';

/** Without a path all parameters, `{}` when there are none (H160). */
function actionGet(invocation: Invocation): void {
  const [path, ...rest] = invocation.args;
  requireNoMore(rest);
  requireAction(invocation);
  const parameters = toOutput(taskOf(invocation)?.parameters ?? {});
  if (path === undefined || path === '') invocation.print(parameters);
  else invocation.print(valueAt(parameters, path.split('.')));
}

/** A dotted path through maps; null where it leads nowhere (H160). */
function valueAt(value: OutputValue, path: readonly string[]): OutputValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const next = isMap(value) ? value.get(step) : undefined;
  return next === undefined ? null : valueAt(next, rest);
}

/** Checks all arguments before it sets any. */
function actionSet(invocation: Invocation): void {
  const settings = invocation.args.map(parseSetting);
  const action = requireAction(invocation);
  for (const { path, value } of settings) setAt(action.results, path, value);
}

interface Setting {
  readonly path: readonly string[];
  readonly value: string;
}

/** `a.b=1` is the path a, b. Every segment has to be a key of its own right (H161). */
function parseSetting(argument: string): Setting {
  const equals = argument.indexOf('=');
  if (equals < 1) {
    throw usageError(`argument ${goQuote(argument)} must be of the form key...=value`);
  }
  const name = argument.slice(0, equals);
  if (reserved.includes(name)) throw usageError(`cannot set reserved action key ${goQuote(name)}`);
  const path = name.split('.');
  const bad = path.find((segment) => !segmentPattern.test(segment));
  if (bad !== undefined) {
    const rule =
      'must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens';
    throw usageError(`key ${goQuote(bad)} ${rule}`);
  }
  return { path, value: argument.slice(equals + 1) };
}

/** A map takes the place of a text that stood in its way, and the other way round. */
function setAt(results: ActionResults, path: readonly string[], value: string): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  if (rest.length === 0) {
    results.set(step, value);
    return;
  }
  const present = results.get(step);
  const inner: ActionResults = present instanceof Map ? present : new Map();
  results.set(step, inner);
  setAt(inner, rest, value);
}

/** The process goes on; the last message given counts (H162). */
function actionFail(invocation: Invocation): void {
  const [message = defaultFailure, ...rest] = invocation.args;
  requireNoMore(rest);
  const action = requireAction(invocation);
  action.failed = true;
  action.message = message;
}

/** Goes out at once, and is kept with the task (H163). */
function actionLog(invocation: Invocation): void {
  if (invocation.args.length === 0) throw usageError('no message specified');
  requireAction(invocation);
  const message = invocation.args.join(' ');
  invocation.actionLog.push(message);
  const task = taskOf(invocation);
  if (task === undefined) return;
  const log = [...task.log, { at: invocation.world.now, message }];
  const tasks = withKey(invocation.model.tasks, task.id, { ...task, log });
  invocation.model = { ...invocation.model, tasks };
}

/** Exit 1 outside an action. */
function requireAction(invocation: Invocation): ActionBuffer {
  const { action } = invocation.context;
  if (action === null) throw runError('not running an action');
  return action;
}

/** Undefined when the task was pruned while its action ran; results are then kept in the context only. */
function taskOf(invocation: Invocation): Task | undefined {
  const { kind } = invocation.context;
  return kind.kind === 'action' ? own(invocation.model.tasks, kind.task) : undefined;
}

export const actionTools: readonly Tool[] = [
  {
    name: 'action-get',
    usage: '[<key>[.<key>.<key>...]]',
    purpose: 'Get the parameters of the action.',
    flags: [],
    formats: smartFormats,
    run: actionGet,
  },
  {
    name: 'action-set',
    usage: '<key>=<value> [<key>=<value> ...]',
    purpose: 'Set results of the action.',
    flags: [],
    formats: null,
    run: actionSet,
  },
  {
    name: 'action-fail',
    usage: '["<failure message>"]',
    purpose: 'Set the status of the action to failed, with a message.',
    flags: [],
    formats: null,
    run: actionFail,
  },
  {
    name: 'action-log',
    usage: '<message>',
    purpose: 'Record a progress message of the action.',
    flags: [],
    formats: null,
    run: actionLog,
  },
];
