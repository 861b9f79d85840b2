// Every hook tool as a typed method. leader-get and leader-set are absent on purpose: Juju 4 has
// neither, and the peer relation's application bag does their work (H122).

import type { Redactor } from '../log/redactor.ts';
import { createRedactor } from '../log/redactor.ts';
import type { ActionTools } from './action-tools.ts';
import { createActionTools } from './action-tools.ts';
import { createToolCaller } from './call.ts';
import type { ConfigTools } from './config-tools.ts';
import { createConfigTools } from './config-tools.ts';
import type { LogTools } from './log-tools.ts';
import { createLogTools } from './log-tools.ts';
import type { NetworkTools } from './network-tools.ts';
import { createNetworkTools } from './network-tools.ts';
import type { PayloadTools } from './payload-tools.ts';
import { createPayloadTools } from './payload-tools.ts';
import type { RelationTools } from './relation-tools.ts';
import { createRelationTools } from './relation-tools.ts';
import type { ToolRunner } from './runner.ts';
import type { SecretTools } from './secret-tools.ts';
import { createSecretTools } from './secret-tools.ts';
import type { StateTools } from './state-tools.ts';
import { createStateTools } from './state-tools.ts';
import type { StatusTools } from './status-tools.ts';
import { createStatusTools } from './status-tools.ts';
import type { StorageTools } from './storage-tools.ts';
import { createStorageTools } from './storage-tools.ts';

/** All methods are synchronous and throw HookToolError when Juju refuses. */
export interface HookTools
  extends
    ActionTools,
    ConfigTools,
    LogTools,
    NetworkTools,
    PayloadTools,
    RelationTools,
    SecretTools,
    StateTools,
    StatusTools,
    StorageTools {}

export interface HookToolsOptions {
  /** Secrets that must not show up in logs, statuses and errors; shared with whoever learns of more. */
  readonly redactor?: Redactor;
  /** Where files with a secret's content stand while a tool reads them, default `/tmp`. */
  readonly temporaryDirectory?: string;
}

/** Makes the tools; each call of a method runs one tool, and nothing is remembered. */
export function createHookTools(runner: ToolRunner, options: HookToolsOptions = {}): HookTools {
  const call = createToolCaller(runner, options.redactor ?? createRedactor());
  return {
    ...createActionTools(call),
    ...createConfigTools(call),
    ...createLogTools(call),
    ...createNetworkTools(call),
    ...createPayloadTools(call),
    ...createRelationTools(call),
    ...createSecretTools(call, options),
    ...createStateTools(call),
    ...createStatusTools(call),
    ...createStorageTools(call),
  };
}
