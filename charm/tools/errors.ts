// What can go wrong when a charm calls a hook tool, as one error class with a closed set of kinds.
// Juju tells them apart only by exit code and text, so the reading of both stands here once (W2).

import type { ToolAnswer } from './runner.ts';

/**
 * `usage`: called wrongly. `notFound`: the relation, secret, key or binding is not there (any more).
 * `permissionDenied`: this unit may not read or manage it. `notLeader`: only the leader may.
 * `noContext`: no hook is under way, or not this one. `failed`: anything else Juju says.
 */
export type HookToolErrorKind =
  | 'usage'
  | 'notFound'
  | 'permissionDenied'
  | 'notLeader'
  | 'noContext'
  | 'failed';

export type HookToolErrorCode =
  | 'USAGE'
  | 'NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'NOT_LEADER'
  | 'NO_CONTEXT'
  | 'FAILED';

const codes: Readonly<Record<HookToolErrorKind, HookToolErrorCode>> = {
  usage: 'USAGE',
  notFound: 'NOT_FOUND',
  permissionDenied: 'PERMISSION_DENIED',
  notLeader: 'NOT_LEADER',
  noContext: 'NO_CONTEXT',
  failed: 'FAILED',
};

export interface HookToolFailure {
  readonly kind: HookToolErrorKind;
  readonly tool: string;
  /** As they may be shown: secrets and results are left out already. */
  readonly args?: readonly string[];
  /** Null when the tool was not run at all. */
  readonly exitCode?: number | null;
  readonly stderr?: string;
  /** What was found and what would be right, when it is us who refuse the call. */
  readonly detail?: string;
}

/** A hook tool that could not be called, or that failed. */
export class HookToolError extends Error {
  override readonly name: string = 'HookToolError';
  readonly kind: HookToolErrorKind;
  /** The kind in the spelling the relation protocols look for, for example `NOT_LEADER`. */
  readonly code: HookToolErrorCode;
  readonly tool: string;
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(failure: HookToolFailure, options?: ErrorOptions) {
    super(describe(failure), options);
    this.kind = failure.kind;
    this.code = codes[failure.kind];
    this.tool = failure.tool;
    this.args = failure.args ?? [];
    this.exitCode = failure.exitCode ?? null;
    this.stderr = failure.stderr ?? '';
  }
}

function describe(failure: HookToolFailure): string {
  const call = [failure.tool, ...(failure.args ?? [])].join(' ');
  if (failure.detail !== undefined) return `Cannot run ${call}: ${failure.detail}`;
  const said = failure.stderr?.trim() ?? '';
  return `Hook tool ${call} failed with exit code ${failure.exitCode ?? 'none'}: ${said === '' ? 'it gave no reason' : said}`;
}

/**
 * Texts by which Juju tells what went wrong, looked for in this order. `cannot write relation
 * settings` is what a non-leader hears when it writes the application's bag (H93); `relation not
 * found` comes with exit code 2 like a misspelt option, so the texts go before the code.
 */
const texts: readonly (readonly [HookToolErrorKind, RegExp])[] = [
  [
    'noContext',
    /JUJU_CONTEXT_ID not set|JUJU_AGENT_SOCKET_\w+ not set|wrong context ID|expected context id/i,
  ],
  ['notLeader', /not the leader|cannot write relation settings/],
  ['permissionDenied', /permission denied|access denied/],
  ['notFound', /not found|no network config found/],
];

/** What kind of failure the answer of a tool is. Only for an exit code other than 0. */
export function classify(answer: ToolAnswer): HookToolErrorKind {
  for (const [kind, text] of texts) if (text.test(answer.stderr)) return kind;
  if (answer.code === 127) return 'noContext';
  return answer.code === 2 ? 'usage' : 'failed';
}
