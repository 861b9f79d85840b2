// failsafe_mode: when the store can't be asked, the other members may confirm the leader (spec: POST /failsafe).

import type { FailsafeAnswer } from '#core/ha/values.ts';
import type { AgentContext } from './context.ts';
import { slotPositions } from './slots/slot-positions.ts';

const timeoutMs = 2000;

/** Asks everybody of the topology but ourselves. */
export async function askFailsafe(
  context: AgentContext,
  topology: Readonly<Record<string, string>>,
): Promise<readonly FailsafeAnswer[]> {
  const { deps, state } = context;
  const { cluster, memory } = state;
  const others = Object.fromEntries(
    Object.entries(topology).filter(([name]) => name !== state.config.name),
  );
  if (Object.keys(others).length === 0) return [];
  const positions = new Map(state.failsafePositions);
  const answers = await deps.peers.postFailsafe(
    others,
    {
      name: state.config.name,
      conn_url: deps.connUrl,
      api_url: deps.apiUrl,
      slots:
        cluster === null || memory.lastLsn === null
          ? {}
          : { ...slotPositions(context, cluster, memory.lastLsn) },
    },
    timeoutMs,
  );
  for (const { name, isAccepted, why, lsn } of answers) {
    if (lsn !== null) positions.set(name, lsn);
    if (!isAccepted) deps.log.warning(`Failsafe: ${name} did not accept this leader: ${why}`);
  }
  state.failsafePositions = positions;
  return answers;
}

/** The topology as members should know it; null where the key says so already or failsafe_mode is off. */
function wantedTopology({ deps, state }: AgentContext): Readonly<Record<string, string>> | null {
  const { cluster, config } = state;
  if (cluster === null || !config.global.isFailsafeMode) return null;
  const wanted = {
    ...Object.fromEntries(
      cluster.members.flatMap(({ name, apiUrl }) =>
        apiUrl === null ? [] : [[name, apiUrl] as const],
      ),
    ),
    // Our own key may have run out while the store was away; without us in it nobody could lead here again.
    [config.name]: deps.apiUrl,
  };
  const known = cluster.failsafe ?? {};
  const isSame =
    Object.keys(known).length === Object.keys(wanted).length &&
    Object.entries(wanted).every(([name, url]) => known[name] === url);
  return isSame ? null : wanted;
}

function rememberTopology(
  { state }: AgentContext,
  failsafe: Readonly<Record<string, string>>,
): void {
  if (state.cluster !== null) state.cluster = { ...state.cluster, failsafe };
}

/**
 * The leader's: writes the topology where it is another one. Whoever the key names may promote, so it has to be asked
 * from now on, should this have been the last the store and we heard of each other: also where the write's outcome is
 * not known.
 */
export async function publishTopology(context: AgentContext): Promise<void> {
  const topology = wantedTopology(context);
  if (topology === null) return;
  rememberTopology(context, { ...context.state.cluster?.failsafe, ...topology });
  await context.deps.dcs.writeFailsafe(topology);
  rememberTopology(context, topology);
}
