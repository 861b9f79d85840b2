// One turn of the loop: observe, decide and act until a rule says that the turn is done; then publish.

import { decide } from '#core/ha/table.ts';
import type { Decision } from '#core/ha/rule.ts';
import { hasProvenLock } from '#core/ha/look.ts';
import type { Learned, World } from '#core/ha/world.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import { followDynamic } from './configuration.ts';
import type { AgentContext } from './context.ts';
import { observe } from './observe.ts';
import type { Performed } from './perform.ts';
import { perform } from './perform.ts';
import { publishMember, publishStatus } from './publish.ts';
import { publishFacts } from './publish-facts.ts';
import { noteDecision } from './state.ts';

/** More steps than any situation needs: beyond it two rules ask for each other. */
const mostSteps = 64;

export interface TurnOutcome {
  readonly message: string;
  /** The next turn comes no later than that; null: `loop_wait`. */
  readonly wakeInMs: number | null;
}

export async function runTurn(context: AgentContext): Promise<TurnOutcome> {
  const observed = await observe(context);
  if (observed.dcs.kind === 'cluster') await followDynamic(context, observed.dcs.cluster);
  const start = { ...observed, config: context.state.config.global };
  const { world, outcome } = await decideAndAct(context, start);
  await publish(context, world);
  publishFacts(context, world.dcs.kind === 'cluster');
  return outcome;
}

async function decideAndAct(
  context: AgentContext,
  start: World,
): Promise<{ readonly world: World; readonly outcome: TurnOutcome }> {
  let world = start;
  for (let count = 0; count < mostSteps; count += 1) {
    const decision = decide(world);
    const performed = await carryOut(context, world, decision);
    if (performed.kind === 'ended') {
      note(context, decision, performed.message);
      return { world: withNews(world, performed.learned), outcome: performed };
    }
    world =
      performed.kind === 'store-failed'
        ? withoutStore(context, world, performed.why)
        : afterStep(context, world, decision, performed.learned);
  }
  throw new Error(`The rules do not come to an end: ${world.learned.steps.slice(-8).join(', ')}`);
}

/** The world with what a step brought to light. */
function afterStep(
  { state }: AgentContext,
  world: World,
  { rule, step }: Decision,
  news: Partial<Learned>,
): World {
  const steps = [...world.learned.steps, `${rule} ${step.kind}`];
  return withNews({ ...world, memory: state.memory }, { ...news, steps });
}

function withNews(world: World, news: Partial<Learned>): World {
  return { ...world, learned: { ...world.learned, ...news } };
}

/** A store that fails in the middle of a turn is what the turn goes on with: the rules for it decide. */
async function carryOut(
  context: AgentContext,
  world: World,
  decision: Decision,
): Promise<Performed | { readonly kind: 'store-failed'; readonly why: string }> {
  try {
    return await perform(context, world, decision.step);
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    context.deps.log.error(`${error.message}. ${error.hint}`);
    return { kind: 'store-failed', why: error.message };
  }
}

function withoutStore({ state, deps }: AgentContext, world: World, why: string): World {
  return {
    ...world,
    dcs: { kind: 'error', why, cached: state.cluster },
    nowMs: deps.clock.monotonicMs(),
    memory: state.memory,
    learned: { ...world.learned, lock: null, failsafe: null },
  };
}

function note({ state, deps }: AgentContext, { rule, why }: Decision, message: string): void {
  deps.log.info(message, { rule, why });
  noteDecision(state, { rule, why, message, atMs: deps.clock.now() });
}

/** What the turn owes the others. Which slots are kept for members is published before slots are made for them. */
async function publish(context: AgentContext, world: World): Promise<void> {
  const { slots, deps } = context;
  slots.note(world.postgres);
  const isStoreThere = world.dcs.kind !== 'error';
  const isPublished =
    !isStoreThere ||
    !hasProvenLock(world) ||
    (await isWritten(context, async () => publishStatus(context, world.postgres)));
  // Without a slot its member gets no WAL at all: that is not to wait until the store can be written to.
  slots.begin(world);
  if (!isStoreThere || !isPublished) return;
  await isWritten(context, async () => publishMember(context, deps.postgres.lastFacts()));
}

/** A store that fails here is met by the next turn. */
async function isWritten({ deps }: AgentContext, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    deps.log.error(`${error.message}. ${error.hint}`);
    return false;
  }
}
