// What every hook tool is given and how it answers. A tool is a function that reads the context and the
// model and either prints, buffers a change in the context, or changes the model at once (E61).

import type { Model } from '../model.ts';
import type { LogLevel, Millis, UnitName } from '../model.ts';
import type { FlagDefinition, FlagValues } from './flags.ts';
import type { OutputValue } from './output-value.ts';
import type { HookContext } from './hook-context.ts';
import type { NetworkInfo } from './network-info.ts';

/** What a tool sees of the world outside its hook. */
export interface ToolWorld {
  readonly model: Model;
  readonly now: Millis;
  /** In [0, 1). Secret ids are made from it. */
  readonly random: () => number;
  /** Text of a file by absolute path, or null when it can't be read (`--file`, `key#file=`). */
  readonly readFile: (path: string) => string | null;
  /** Absolute path of a resource's file; without it, or with null, resource-get fails (H230). */
  readonly resourcePath?: (unit: UnitName, resource: string) => string | null;
  /** Addresses of a binding. Without it the unit has one address, its machine's. */
  readonly network?: (unit: UnitName, binding: string) => NetworkInfo | null;
}

export interface ToolCall {
  readonly name: string;
  readonly args: readonly string[];
  /** Null on the first try: a tool that wants it asks by `needsStdin` (H2). */
  readonly stdin: string | null;
  /** Absolute; relative file names are resolved against it. */
  readonly cwd: string;
}

/** One line of the model's log. */
export interface LogLine {
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
}

export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The tool wants its standard input: call it again with it. Nothing was changed. */
  readonly needsStdin?: true;
  /** `-o FILE`: what would have gone to stdout, and the absolute path to put it in (H20). */
  readonly outputFile?: { readonly path: string; readonly text: string };
  /** With the immediate effects applied; the same object when there were none. */
  readonly model: Model;
  readonly log: readonly LogLine[];
  /** Lines of action-log, for a live display. The task in `model` has them already. */
  readonly actionLog: readonly string[];
  /** juju-reboot was called: `now` means the hook's process is to be killed and queued again (E120). */
  readonly reboot?: 'after-hook' | 'now';
}

/** One call of a tool while it runs. Private to the call: tools assign to it freely. */
export interface Invocation {
  readonly context: HookContext;
  readonly world: ToolWorld;
  readonly call: ToolCall;
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** Starts as `world.model`. */
  model: Model;
  stdout: string;
  stderr: string;
  readonly log: LogLine[];
  readonly actionLog: string[];
  reboot: 'after-hook' | 'now' | null;
  /** Prints a value in the format asked for. */
  readonly print: (value: OutputValue) => void;
}

/** Which formats a getter offers; the first is its default. */
export type Formats = readonly ['smart', 'json', 'yaml'] | readonly ['yaml', 'json'];

export const smartFormats: Formats = ['smart', 'json', 'yaml'];
export const secretFormats: Formats = ['yaml', 'json'];

export interface Tool {
  readonly name: string;
  /** Arguments as the help prints them. */
  readonly usage: string;
  readonly purpose: string;
  readonly flags: readonly FlagDefinition[];
  /** Null for tools that print nothing formatted: they know neither `--format` nor `--output`. */
  readonly formats: Formats | null;
  readonly run: (invocation: Invocation) => void;
}

/** Ends a call with `ERROR message` and an exit code (H3, H4). */
export class ToolFailure extends Error {
  readonly code: 1 | 2;

  constructor(code: 1 | 2, message: string) {
    super(message);
    this.name = 'ToolFailure';
    this.code = code;
  }
}

/** Ends a call that needs the standard input it was not given (H2). */
export class StdinWanted extends Error {}

/** Bad flags or arguments: exit code 2. */
export function usageError(message: string): ToolFailure {
  return new ToolFailure(2, message);
}

/** The arguments were fine and the tool still failed: exit code 1. */
export function runError(message: string): ToolFailure {
  return new ToolFailure(1, message);
}

/** A file name as the tool's caller means it. */
export function resolvePath(call: ToolCall, path: string): string {
  return path.startsWith('/') ? path : `${call.cwd.replace(/\/$/u, '')}/${path}`;
}
