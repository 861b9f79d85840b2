// Hook tools that run against the emulator's own, in the middle of a hook of a given state.

import { prepareParameters } from '#core/juju/action-parameters.ts';
import { createHookContext } from '#core/juju/tools/hook-context.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import { createRandom } from '#core/random.ts';
import { buildModel } from '#charm/testing/build-model.ts';
import type { CharmState } from '#charm/testing/charm-state.ts';
import { checkConsistency } from '#charm/testing/consistency.ts';
import { contextKind } from '#charm/testing/context-kind.ts';
import type { EmulatedRunner } from '#charm/testing/emulated-runner.ts';
import { createEmulatedRunner } from '#charm/testing/emulated-runner.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import { readTestCharm } from '#charm/testing/test-charm.ts';
import type { HookTools } from '#charm/tools/hook-tools.ts';
import { createHookTools } from '#charm/tools/hook-tools.ts';

export const files = {
  metadata: `
name: app
summary: s
description: d
provides:
  db: {interface: pgsql}
peers:
  cluster: {interface: cluster}
storage:
  pgdata: {type: filesystem, multiple: {range: 0-}}
resources:
  node: {type: file, filename: node}
extra-bindings:
  public:
`,
  config: `
options:
  port: {type: int, default: 5432}
  ratio: {type: float, default: 0.5}
  name: {type: string}
  empty: {type: string, default: ""}
  debug: {type: boolean, default: false}
`,
  actions: `
check:
  params:
    level: {type: integer, default: 1}
    where: {type: object}
`,
};

export interface EmulatedTools {
  readonly tools: HookTools;
  readonly runner: EmulatedRunner;
}

/** The tools as a charm has them while `event` is under way. */
export function emulatedTools(
  state: CharmState,
  event: CharmEvent = events.configChanged(),
): EmulatedTools {
  const charm = readTestCharm(files);
  checkConsistency({ charm, state, event });
  const action = event.kind === 'action' ? charm.actions[event.action] : undefined;
  const parameters =
    action !== undefined && event.kind === 'action'
      ? prepareParameters(action, event.parameters)
      : {};
  const model = buildModel(charm, state, event, parameters);
  const context = createHookContext({
    model,
    unit: state.unit,
    now: state.now,
    contextId: 'app/0-test-1',
    kind: contextKind(state, event),
    cache: createSettingsCache(),
    strictRelationNames: true,
  });
  const random = createRandom(1);
  const runner = createEmulatedRunner(context, model, {
    charmDir: '/charm',
    now: state.now,
    random: () => random.next(),
    resourcePath: (_unit, name) => state.resources[name] ?? null,
  });
  return { tools: createHookTools(runner), runner };
}
