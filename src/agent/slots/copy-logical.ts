// Brings logical slots of the primary to this replica: fetched and checked while PostgreSQL runs, put in place by one
// restart for all of them. What can go wrong goes wrong before the stop; from the stop on it is gone through with.

import type { StopOptions } from '#adapters/ports/agent-ports.ts';
import type { SlotSnapshot } from '#adapters/postgres/slot-snapshots.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { CheckedCopy, FetchedSlot } from '#core/slots/check-copy.ts';
import { checkCopy } from '#core/slots/check-copy.ts';
import type { DesiredLogicalSlot } from '#core/slots/desired-slot.ts';
import type { ActionHandle } from '../executor.ts';
import { wordsOf } from '../executor.ts';
import type { AgentParts } from '../context.ts';
import { isLeading } from '../leadership.ts';
import type { SlotsDeps } from './slots-deps.ts';

export type CheckedFile = Extract<CheckedCopy, { kind: 'copy' }>;

export interface PreparedCopy {
  /** Who led when the files were fetched. */
  readonly leaderName: string;
  readonly files: readonly CheckedFile[];
  /** What they go on from: null where that is nothing; absent where it is not known. */
  readonly snapshots: ReadonlyMap<string, SlotSnapshot | null>;
  /** Those that are not copied, each with its reason. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

function checked(desired: DesiredLogicalSlot, fetched: FetchedSlot | undefined): CheckedCopy {
  const { name } = desired;
  if (fetched !== undefined) return checkCopy(desired, fetched);
  const why = `Will not copy the logical slot "${name}": the primary does not have it`;
  return { kind: 'refuse', name, why };
}

/** Fetches and checks; PostgreSQL here is not touched. Throws where the leader can't be asked. */
export async function prepareCopy(
  {
    port,
    fetchSnapshots,
  }: {
    readonly port: Pick<SlotsPort, 'fetchLeaderSlots'>;
    readonly fetchSnapshots: SlotsDeps['fetchSnapshots'];
  },
  leader: Upstream,
  wanted: readonly DesiredLogicalSlot[],
): Promise<PreparedCopy> {
  const names = wanted.map(({ name }) => name);
  const fetched = await port.fetchLeaderSlots(leader, names);
  const byName = new Map(fetched.map((one) => [one.slot.name, one]));
  const results = wanted.map((desired) => checked(desired, byName.get(desired.name)));
  const files = results.filter((result) => result.kind === 'copy');
  return {
    leaderName: leader.name,
    files,
    // Without them each slot has to find a snapshot by itself, and is ready only when it has.
    snapshots:
      files.length === 0 ? new Map() : await fetchSnapshots(leader, files).catch(() => new Map()),
    refused: results.filter((result) => result.kind === 'refuse'),
  };
}

/** Why a copy that was prepared must not be put in place now; null where it may. */
export function copyObstacle(parts: AgentParts, leaderName: string): string | null {
  const { deps, state } = parts;
  const { isRunning, role, sql } = deps.postgres.lastFacts();
  if (state.config.global.isPaused) return 'the cluster is in maintenance mode';
  if (isLeading(parts)) return 'this member leads';
  if (!isRunning || role !== 'replica' || sql?.isInRecovery !== true) {
    return 'PostgreSQL here is no running replica';
  }
  const leader = state.cluster?.leader?.name ?? null;
  return leader === leaderName ? null : `${leaderName} does not lead any more`;
}

const stopOptions: StopOptions = {
  mode: 'fast',
  checkpointFirst: true,
  timeoutMs: 60_000,
  callback: null,
};

export interface InstallParts {
  readonly parts: AgentParts;
  readonly port: Pick<SlotsPort, 'install' | 'remove'>;
  /** The slots are about to be replaced: nobody may move them any more. */
  readonly onStop: () => Promise<void>;
  /** From here on the restart counts, whatever comes of it. */
  readonly onStopping: () => void;
  /** With their snapshots: they decode here as they would have there. Without: they have to find one of their own. */
  readonly onInstalled: (
    withSnapshot: readonly CheckedFile[],
    withoutSnapshot: readonly CheckedFile[],
  ) => void;
  /** Starts the server as the standby it is to be; false where it did not start. */
  readonly start: () => Promise<boolean>;
}

/** The action: looks again whether it may, stops, installs, starts. */
export async function installCopy(
  { parts, port, onStop, onStopping, onInstalled, start }: InstallParts,
  { leaderName, files, snapshots }: PreparedCopy,
  handle: ActionHandle,
): Promise<void> {
  const { log, postgres } = parts.deps;
  await onStop();
  handle.signal.throwIfAborted();
  const why = copyObstacle(parts, leaderName);
  if (why !== null) {
    log.info(`Logical slots are not copied from ${leaderName}: ${why}`);
    return;
  }
  handle.commit();
  onStopping();
  if (!(await postgres.stop(stopOptions))) {
    log.error('PostgreSQL could not be stopped for copying logical slots; nothing was copied');
    return;
  }
  const { installed, failed } = await port.install(files);
  for (const one of failed) log.error(`Failed to install logical slot '${one.name}': ${one.why}`);
  const placed = files.filter(({ name }) => installed.includes(name));
  if (placed.length > 0)
    log.info(`Copied logical slots from ${leaderName}: ${installed.join(', ')}`);
  const areInstalled = await installThose(parts, placed, snapshots);
  const isWhole = ({ name }: CheckedFile): boolean => areInstalled && snapshots.has(name);
  onInstalled(
    placed.filter(isWhole),
    placed.filter((file) => !isWhole(file)),
  );
  if (await start()) return;
  // A server that can't read a slot's state does not start at all: better one without the slot.
  log.error('PostgreSQL did not start with the slots that were copied; they are removed again');
  for (const { name } of placed) await port.remove(name);
  await start();
}

/** False where one could not be written: then none is relied on. */
async function installThose(
  { deps }: AgentParts,
  placed: readonly CheckedFile[],
  snapshots: PreparedCopy['snapshots'],
): Promise<boolean> {
  try {
    await deps.slots.installSnapshots(placed.flatMap(({ name }) => snapshots.get(name) ?? []));
    return true;
  } catch (error) {
    deps.log.warning(`The snapshots of copied slots could not be put in place: ${wordsOf(error)}`);
    return false;
  }
}
