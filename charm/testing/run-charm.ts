// Runs a whole charm on one event: state in, event, state out. The hook tools are the emulator's own,
// so that argument lists, permissions and the rules of what a failed hook leaves behind are those of
// Juju and not of the test.

import { prepareParameters } from '#core/juju/action-parameters.ts';
import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import type { CharmFiles } from '#core/juju/charm-files.ts';
import type { Model } from '#core/juju/model.ts';
import { applicationOf } from '#core/juju/names.ts';
import { own, withKey } from '#core/juju/own.ts';
import { actionOutcome } from '#core/juju/tools/action-outcome.ts';
import { commit } from '#core/juju/tools/commit.ts';
import { hookEnvironment, newContextId } from '#core/juju/tools/environment.ts';
import type { HookContext } from '#core/juju/tools/hook-context.ts';
import { createHookContext } from '#core/juju/tools/hook-context.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import type { LogLine } from '#core/juju/tools/tool.ts';
import { createRandom } from '#core/random.ts';
import type { HookMain, HookResult } from '../host.ts';
import { buildModel } from './build-model.ts';
import type { CharmState } from './charm-state.ts';
import { checkConsistency } from './consistency.ts';
import { contextKind } from './context-kind.ts';
import type { EmulatedRunner, RecordedCall } from './emulated-runner.ts';
import { createEmulatedRunner } from './emulated-runner.ts';
import type { CharmEvent } from './events.ts';
import { readState } from './read-state.ts';
import { readTestCharm } from './test-charm.ts';
import { createUnitDataFile } from './unit-data-file.ts';

export interface ActionResult {
  readonly status: string;
  readonly message: string;
  /** As `juju run` shows them, `return-code` among them (E111). */
  readonly results: Readonly<Record<string, unknown>>;
}

export interface Outcome<Trace> {
  /** Whether Juju counts the hook as done: the charm exited with 0 and its changes were accepted. */
  readonly ok: boolean;
  readonly exitCode: number;
  /** What the charm threw, or why Juju refused its changes (E64); null when all went well. */
  readonly error: unknown;
  /** The state afterwards. Of a failed hook only what takes effect at once is in it (E61, E63). */
  readonly state: CharmState;
  /** The unit's lines of the model log, in order. */
  readonly log: readonly LogLine[];
  readonly toolCalls: readonly RecordedCall[];
  /** Null outside an action. */
  readonly actionResult: ActionResult | null;
  readonly trace: Trace | null;
}

export interface RunOptions {
  /** The hook's charm directory, where a charm finds its own files; one that does not exist by default. */
  readonly charmDir?: string;
  /** Juju refuses the changes of the hook with this reason, after those to secrets (E64, E65). */
  readonly commitFailure?: string;
  /** Another unit leads by the time the hook's changes are sent (E66). */
  readonly leadershipLost?: boolean;
}

/**
 * Runs `charm` once. `files` are the texts of metadata.yaml, config.yaml and actions.yaml; `services`
 * stand in for what the charm would make itself.
 * @throws InconsistentStateError before running, for a state and event Juju can't produce
 */
export async function runCharm<Services, Trace>(
  files: CharmFiles,
  charm: HookMain<Services, Trace>,
  event: CharmEvent,
  state: CharmState,
  services?: Services,
  options: RunOptions = {},
): Promise<Outcome<Trace>> {
  const definition = readTestCharm(files);
  checkConsistency({ charm: definition, event, state });
  const model = buildModel(definition, state, event, parametersOf(definition, event));
  // Ids are the same in every run of a test, and differ between its hooks if it lets time pass.
  const { next: random } = createRandom(state.now);
  const context = createContext(model, state, event, random);
  const charmDir = options.charmDir ?? `/var/lib/juju/agents/${unitTag(state.unit)}/charm`;
  const runner = createEmulatedRunner(context, model, {
    charmDir,
    now: state.now,
    random,
    resourcePath: (_unit, name) => own(state.resources, name) ?? null,
  });
  using file = createUnitDataFile(state.unitData, state.now);
  const result = await runMain(charm, {
    environment: environmentOf(context, event, charmDir),
    runner,
    unitDataPath: file.path,
    now: () => state.now,
    ...(services === undefined ? {} : { services }),
  });
  const end = finish(context, runner, event, state, result, options);
  return {
    ok: result.exitCode === 0 && end.refusal === null,
    exitCode: result.exitCode,
    error: end.refusal ?? result.error ?? null,
    state: readState(state, end.model, event, file.read(), result.exitCode === 0 && !end.refusal),
    log: [...runner.log, ...end.log],
    toolCalls: runner.calls,
    actionResult: end.actionResult,
    trace: result.trace ?? null,
  };
}

function createContext(
  model: Model,
  state: CharmState,
  event: CharmEvent,
  random: () => number,
): HookContext {
  const kind = contextKind(state, event);
  return createHookContext({
    model,
    unit: state.unit,
    now: state.now,
    contextId: newContextId(model, state.unit, kind, random),
    kind,
    cache: createSettingsCache(),
    // Juju's sources read the number alone; a charm that passes here passes either way (Q1).
    strictRelationNames: true,
  });
}

function parametersOf(
  charm: CharmDefinition,
  event: CharmEvent,
): Readonly<Record<string, unknown>> {
  if (event.kind !== 'action') return {};
  const definition = charm.actions[event.action];
  return definition === undefined ? {} : prepareParameters(definition, event.parameters);
}

function environmentOf(
  context: HookContext,
  event: CharmEvent,
  charmDir: string,
): Readonly<Record<string, string>> {
  const environment = hookEnvironment(context, {
    charmDir,
    toolsDir: '/var/lib/juju/tools',
    agentSocket: '/var/lib/juju/agents/agent.socket',
    apiAddresses: ['10.0.0.1:17070'],
    systemPath: '/usr/bin:/bin',
  });
  if (event.kind !== 'custom') return environment;
  // The daemon that raises a custom event says by itself what is to be dispatched (H255).
  return { ...environment, JUJU_DISPATCH_PATH: `hooks/${event.name}` };
}

/** A charm's program never throws; one that does ended as an uncaught exception ends a process. */
async function runMain<Services, Trace>(
  charm: HookMain<Services, Trace>,
  host: Parameters<HookMain<Services, Trace>>[0],
): Promise<HookResult<Trace>> {
  try {
    return await charm(host);
  } catch (error) {
    return { exitCode: 1, error };
  }
}

interface End {
  readonly model: Model;
  readonly log: readonly LogLine[];
  /** Why Juju refused the changes of a charm that had succeeded (E64). */
  readonly refusal: Error | null;
  readonly actionResult: ActionResult | null;
}

/** What the agent does after the process: send the changes, or drop them. */
function finish(
  context: HookContext,
  runner: EmulatedRunner,
  event: CharmEvent,
  state: CharmState,
  result: HookResult,
  options: RunOptions,
): End {
  // Of juju-exec, which raises custom events, Juju keeps the changes whatever the exit code (E69).
  const isKept = result.exitCode === 0 || event.kind === 'custom';
  const committed = isKept
    ? commit(context, modelAtCommit(runner.model, state, options), state.now, {
        failure: options.commitFailure,
      })
    : null;
  const refusal = committed?.ok === false ? new Error(committed.error) : null;
  return {
    model: committed?.model ?? runner.model,
    log: committed?.ok === true ? committed.log : [],
    refusal,
    actionResult:
      event.kind === 'action'
        ? actionOutcome(context, {
            exitCode: result.exitCode,
            stdout: '',
            stderr: '',
            flushError: refusal?.message ?? null,
          })
        : null,
  };
}

function modelAtCommit(model: Model, state: CharmState, options: RunOptions): Model {
  const name = applicationOf(state.unit);
  const application = own(model.applications, name);
  if (options.leadershipLost !== true || application === undefined) return model;
  const withoutLease = { ...application, lease: null };
  return { ...model, applications: withKey(model.applications, name, withoutLease) };
}

function unitTag(unit: string): string {
  return `unit-${unit.replace('/', '-')}`;
}
