// What becomes of an action: its status, its message and its results (E23, E111-E116). An action never
// puts its unit in error.

import type { TaskStatus } from '../model.ts';
import { decodeUtf8, encodeBase64 } from './bytes.ts';
import type { ActionResults, HookContext } from './hook-context.ts';

/** How the action's process ended. */
export interface ActionEnd {
  /** Null or negative when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: Uint8Array | string;
  readonly stderr: Uint8Array | string;
  /** Why the commit failed, or null. An action is committed only when it exited 0. */
  readonly flushError: string | null;
  /** Name as Go prints it, for example `killed`. */
  readonly signal?: string | undefined;
  /** The charm has neither `dispatch` nor a file for the action (E113). */
  readonly missing?: boolean | undefined;
  /** The user cancelled it while it ran (E116). */
  readonly cancelled?: boolean | undefined;
}

export interface ActionOutcome {
  readonly status: Extract<TaskStatus, 'completed' | 'failed' | 'aborted'>;
  readonly message: string;
  readonly results: Readonly<Record<string, unknown>>;
}

/** Results set by action-set are kept whatever the end; the context must be an action's. */
export function actionOutcome(context: HookContext, end: ActionEnd): ActionOutcome {
  const { action } = context;
  if (action === null)
    throw new Error(`Cannot tell the outcome of '${context.contextId}' as it is no action`);
  if (end.missing === true) {
    const message = `action not implemented on unit "${context.unit}"`;
    return { status: 'failed', message, results: plain(action.results) };
  }
  const results = { ...plain(action.results), ...processResults(end) };
  if (end.cancelled === true) return { status: 'aborted', message: action.message, results };
  if (end.flushError !== null) {
    return { status: 'failed', message: 'committing requested changes failed', results };
  }
  if (action.failed) return { status: 'failed', message: action.message, results };
  if (end.exitCode === 0) return { status: 'completed', message: '', results };
  return { status: 'failed', message: exitText(end), results };
}

function exitText(end: ActionEnd): string {
  return end.exitCode === null || end.exitCode < 0
    ? `signal: ${end.signal ?? 'killed'}`
    : `exit status ${end.exitCode}`;
}

/** `return-code` always; the outputs whole, and left out when empty. */
function processResults(end: ActionEnd): Readonly<Record<string, unknown>> {
  const { flushError } = end;
  const stderr = output('stderr', end.stderr);
  if (flushError === null) {
    // A process that a signal ended has no exit code; Go's runtime calls that -1.
    return { 'return-code': end.exitCode ?? -1, ...output('stdout', end.stdout), ...stderr };
  }
  const before = typeof stderr['stderr'] === 'string' ? stderr['stderr'] : '';
  const joined = before === '' ? flushError : `${before.replace(/\n$/u, '')}\n${flushError}`;
  // Juju writes this one return code as a text (E114).
  return { 'return-code': '1', ...output('stdout', end.stdout), ...stderr, stderr: joined };
}

/** Bytes that are no UTF-8 are put in base64, and a second key says so. */
function output(
  name: 'stdout' | 'stderr',
  bytes: Uint8Array | string,
): Readonly<Record<string, string>> {
  if (bytes.length === 0) return {};
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes);
  if (text !== null) return { [name]: text };
  return typeof bytes === 'string'
    ? {}
    : { [name]: encodeBase64(bytes), [`${name}-encoding`]: 'base64' };
}

function plain(results: ActionResults): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...results].map(([key, value]) => [key, typeof value === 'string' ? value : plain(value)]),
  );
}
