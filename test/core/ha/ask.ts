// Short words for what a test asks of a decision.

import assert from 'node:assert/strict';
import type { ActionRequest, Step } from '#core/ha/step.ts';
import { decide } from '#core/ha/table.ts';
import type { World } from '#core/ha/world.ts';

/** The step of this world, without its rule. */
export function stepIn(world: World): Step {
  return decide(world).step;
}

/** The message of the step that ends the turn. */
export function messageIn(world: World): string {
  const { rule, step } = decide(world);
  assert.ok('message' in step, `rule ${rule} asks for ${step.kind} first`);
  return step.message;
}

/** The action the step starts. */
export function actionIn(world: World): ActionRequest {
  const { rule, step } = decide(world);
  assert.ok(step.kind === 'start-action', `rule ${rule} answers ${step.kind}`);
  return step.action;
}
