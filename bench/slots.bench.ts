// What replication slots cost: how soon a permanent logical slot is on the replicas, and what a turn takes with many
// slots that are as they should be.

import { type AgentName, isPatroniInstalled, playAgentBy } from '../test/cluster/agent-program.ts';
import { shipAgent } from './failover/shipped-agent.ts';
import { allTimings, type Timings, timingsTold } from './failover/timings.ts';
import type { BenchOptions, Figure, Measured } from './figure.ts';
import type { Interruption } from './interruption.ts';
import { percentile } from './measure/statistics.ts';
import { table } from './report/table.ts';
import { type IdleTurn, idleTurns } from './slots/idle-turn.ts';
import { type UsableTrial, usableTrial } from './slots/usable.ts';

const usualRuns = 5;
const slotCounts: readonly number[] = [10, 100, 1000];
/** The smallest, and the defaults. */
const timings: readonly Timings[] = allTimings.slice(0, 2);

interface Usable {
  readonly agent: AgentName;
  readonly timings: Timings;
  readonly trial: UsableTrial;
}

function usableTable(results: readonly Usable[]): string {
  const cell = (
    agent: AgentName,
    at: Timings,
    of: (trial: UsableTrial) => number | null,
  ): string => {
    const values = results
      .filter((one) => one.agent === agent && one.timings === at)
      .map(({ trial }) => of(trial))
      .filter((value) => value !== null);
    return values.length === 0 ? '–' : told(values);
  };
  const rows = timings.flatMap((at) =>
    (
      [
        ['on both replicas, s', (trial: UsableTrial) => trial.presentS],
        ['ready on both replicas, s', (trial: UsableTrial) => trial.readyS],
        ['restarts of a replica', (trial: UsableTrial) => trial.restarts],
      ] as const
    ).map(([what, of]) => [
      what,
      timingsTold(at),
      cell('pg-agent', at, of),
      cell('patroni', at, of),
    ]),
  );
  return table(
    [
      ['what', 'left'],
      ['ttl/loop_wait/retry_timeout', 'left'],
      ['pg-agent', 'right'],
      ["Debian's Patroni", 'right'],
    ],
    rows,
  );
}

function told(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const digits = values.every(Number.isInteger) ? 0 : 2;
  return `${percentile(values, 0.5).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

function turnTable(turns: readonly IdleTurn[]): string {
  return table(
    [
      ['slots', 'right'],
      ['statements a turn', 'right'],
      ['processor time a turn, ms', 'right'],
    ],
    turns.map(({ slots, statements, cpuMs }) => [
      String(slots),
      statements.toFixed(2),
      cpuMs.toFixed(1),
    ]),
  );
}

async function measure(options: BenchOptions, interruption: Interruption): Promise<Measured> {
  using shipped = await shipAgent();
  playAgentBy(shipped.file);
  const runs = options.runs ?? usualRuns;
  const agents: readonly AgentName[] = isPatroniInstalled ? ['pg-agent', 'patroni'] : ['pg-agent'];
  const turns = await idleTurns(slotCounts);
  const results: Usable[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const at of timings) {
      for (const agent of agents) {
        if (interruption.isWanted) break;
        const trial = await usableTrial(agent, at);
        results.push({ agent, timings: at, trial });
        const seconds = [trial.presentS, trial.readyS].map((one) => one?.toFixed(2) ?? '–');
        const which = `${agent} at ${timingsTold(at)}`;
        console.error(
          `slots, run ${run + 1} of ${runs}: ${which}: there and ready after ${seconds.join(', ')} s`,
        );
      }
    }
  }
  const note = `Median (least–most) of ${runs} runs, three members on loopback, a row written every 20 ms.`;
  return {
    isComplete: results.length === runs * timings.length * agents.length,
    data: { turns, results },
    tables: `${usableTable(results)}\n\n${note}\n\n${turnTable(turns)}`,
  };
}

export const slotsFigure: Figure = { name: 'slots', measure };
