// What a charm's program is given from outside, and what it answers. In production the host is the
// process Juju started; in tests it is the harness. A charm that takes everything from its host can
// be run in either without knowing which.

import type { ToolRunner } from './tools/runner.ts';

export interface HookHost<Services = unknown> {
  /** The environment Juju made for this hook; only `readHookContext` looks into it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runner: ToolRunner;
  /** File of the unit's own facts, for example `/var/lib/juju/agents/unit-app-0/charm/.unit-state.db`. */
  readonly unitDataPath: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Stands in for what the charm would build itself (SQL, files, processes). Tests give it. */
  readonly services?: Services;
}

export interface HookResult<Trace = unknown> {
  /** What the process exits with. Juju keeps the hook's changes only for 0 (E60, E63). */
  readonly exitCode: number;
  /** What was thrown, when that is why the exit code is not 0. */
  readonly error?: unknown;
  /** The charm's own account of what ran and why; the harness hands it through unread. */
  readonly trace?: Trace;
}

/** A whole charm as one function. It resolves also for a failed hook; it never ends the process. */
export type HookMain<Services = unknown, Trace = unknown> = (
  host: HookHost<Services>,
) => Promise<HookResult<Trace>>;
