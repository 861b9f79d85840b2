// What can be asked of a controller: the name of each call, its input and its answer.
//
// Reading is one call, `model`: whoever shows something works it out of the model with the same pure functions
// everywhere. Every other call changes something.

import type { Millis, Model } from '#core/juju/model.ts';

import type { ModelEvent } from '../state/model-events.ts';
import type { LogLine, LogQuery } from '../state/model-log.ts';

export interface Ping {
  readonly pid: number;
  readonly stateDir: string;
  readonly modelName: string;
  readonly modelUuid: string;
  readonly jujuVersion: string;
  /** `host:port` the model's units know their controller by. */
  readonly apiAddress: string;
}

export interface DeployInput {
  /** Absolute path of a charm directory or a `.charm` file. */
  readonly path: string;
  /** Null takes the charm's own name. */
  readonly application: string | null;
  readonly units: number;
  /** Values as they are typed on a command line. */
  readonly config: Readonly<Record<string, string>>;
  /** Text of a configuration file, as `--config FILE` reads it. */
  readonly configFile: string | null;
  readonly trust: boolean;
  /** Machine numbers. */
  readonly to: readonly string[];
  /** Storage name to `COUNT`, `SIZE` or `COUNT,SIZE`, as `--storage` takes it. */
  readonly storage: Readonly<Record<string, string>>;
  /** Resource name to the absolute path of its file. */
  readonly resources: Readonly<Record<string, string>>;
}

export interface FaultInput {
  readonly kind:
    | 'stop-machine'
    | 'start-machine'
    | 'pause-machine'
    | 'resume-machine'
    | 'isolate-machine'
    | 'reconnect-machine'
    | 'reboot-machine'
    | 'expire-lease'
    | 'fail-hook'
    | 'stop-controller'
    | 'start-controller'
    | 'restart-agent';
  /** Machine number, application or unit, as the kind needs; empty for the controller. */
  readonly target: string;
  /** `fail-hook`: the how-manieth hook tool call of the next hook it strikes at, from 1. */
  readonly atTool: number;
  /** `fail-hook`: the signal, or null for an exit code. */
  readonly signal: string | null;
  readonly exit: number | null;
}

/** Whether there is work left, and if not, what is waited for. */
export interface Idleness {
  readonly idle: boolean;
  readonly running: readonly string[];
  readonly waitingFor: string;
  readonly wakeAt: Millis | null;
}

type Done = { readonly ok: true };

interface ByName {
  readonly application: string;
}

/** An operation and its tasks, in the order of the units. */
export interface Queued {
  readonly operation: string;
  readonly tasks: readonly string[];
}

export interface Calls {
  ping: { input: object; output: Ping };
  model: { input: object; output: Model };
  idleness: { input: object; output: Idleness };
  deploy: {
    input: DeployInput;
    output: { readonly application: string; readonly charmUrl: string };
  };
  refresh: {
    input: ByName & {
      readonly path: string;
      readonly forceUnits: boolean;
      readonly resources: Readonly<Record<string, string>>;
    };
    output: { readonly charmUrl: string };
  };
  'add-units': {
    input: ByName & { readonly units: number; readonly to: readonly string[] };
    output: { readonly units: readonly string[] };
  };
  'remove-unit': { input: { readonly unit: string; readonly force: boolean }; output: Done };
  'remove-application': { input: ByName & { readonly force: boolean }; output: Done };
  integrate: {
    input: { readonly left: string; readonly right: string };
    output: { readonly relation: string };
  };
  /** Two endpoints, or the number of a relation. */
  'remove-relation': {
    input: { readonly endpoints: readonly string[]; readonly force: boolean };
    output: Done;
  };
  'suspend-relation': {
    input: { readonly relation: string; readonly suspended: boolean };
    output: Done;
  };
  'set-config': {
    input: ByName & {
      readonly values: Readonly<Record<string, string>>;
      readonly file: string | null;
      readonly reset: readonly string[];
    };
    output: Done;
  };
  'set-trust': { input: ByName & { readonly trust: boolean }; output: Done };
  'set-model-config': {
    input: { readonly values: Readonly<Record<string, string>>; readonly reset: readonly string[] };
    output: Done;
  };
  expose: { input: ByName & { readonly exposed: boolean }; output: Done };
  resolve: {
    input: { readonly units: readonly string[]; readonly all: boolean; readonly retry: boolean };
    output: { readonly units: readonly string[] };
  };
  /** Units may be given as `app/leader`. Parameters are typed values; the charm's schema checks them. */
  'enqueue-action': {
    input: {
      readonly units: readonly string[];
      readonly action: string;
      readonly parameters: Readonly<Record<string, unknown>>;
    };
    output: Queued;
  };
  'enqueue-exec': {
    input: {
      readonly units: readonly string[];
      readonly command: string;
      readonly timeoutSeconds: number | null;
    };
    output: Queued;
  };
  'cancel-task': { input: { readonly task: string }; output: Done };
  'add-secret': {
    input: {
      readonly name: string;
      readonly content: Readonly<Record<string, string>>;
      readonly description: string;
    };
    output: { readonly secret: string };
  };
  'grant-secret': {
    input: { readonly secret: string; readonly applications: readonly string[] };
    output: Done;
  };
  fault: { input: FaultInput; output: Done };
  /** Ends the controller; units and daemons stay as they are. */
  stop: { input: object; output: Done };
  /** Ends every process of the model and the controller, and removes the state directory. */
  destroy: { input: { readonly callerPid: number }; output: Done };
}

export type CallName = keyof Calls;

/** The calls that change the model, and are refused while a fault plays the controller dead. */
export type ModelCallName = Exclude<
  CallName,
  'ping' | 'model' | 'idleness' | 'fault' | 'stop' | 'destroy'
>;

/** Calls that are answered by a line at a time. */
export interface Streams {
  events: { input: object; line: ModelEvent };
  log: {
    input: LogQuery & { readonly follow: boolean };
    line: LogLine;
  };
}

/** An error as it travels. */
export interface CallError {
  readonly error: { readonly message: string; readonly hint: string };
}
