// How long can nobody write when a primary is lost, and what does an agent cost? Clusters of three on a real etcd
// live through the same faults, under pg-agent and, where the package is installed, under Debian's Patroni, in
// turns.

import { type AgentName, isPatroniInstalled, playAgentBy } from '../test/cluster/agent-program.ts';
import { shipAgent } from './failover/shipped-agent.ts';
import { failoverTrial, type Trial } from './failover/trial.ts';
import { allTimings, type Timings, timingsTold } from './failover/timings.ts';
import type { BenchOptions, Figure, Measured } from './figure.ts';
import type { Interruption } from './interruption.ts';
import { percentile } from './measure/statistics.ts';
import { table } from './report/table.ts';

const usualRuns = 5;

interface Result {
  readonly agent: AgentName;
  readonly timings: Timings;
  readonly trial: Trial;
}

interface Row {
  readonly what: string;
  readonly of: (trial: Trial) => number;
  readonly digits: number;
}

const rows: readonly Row[] = [
  { what: 'kill -9 of the postmaster, s', of: (trial) => trial.postmasterKilledS, digits: 2 },
  { what: 'planned switchover, s', of: (trial) => trial.switchoverS, digits: 2 },
  { what: 'agent and PostgreSQL killed, s', of: (trial) => trial.allKilledS, digits: 2 },
  { what: 'new cluster, three streaming, s', of: (trial) => trial.newClusterS, digits: 2 },
  { what: 'idle agent, RSS MB', of: (trial) => trial.idle.rssMb, digits: 1 },
  { what: 'idle agent, PSS MB', of: (trial) => trial.idle.pssMb, digits: 1 },
  { what: 'idle agent, % of a core', of: (trial) => trial.idle.cpuPercent, digits: 2 },
  { what: 'acknowledged rows lost, synchronous', of: (trial) => trial.lostRows, digits: 0 },
];

function told(values: readonly number[], digits: number): string {
  if (values.length === 0) return '';
  const [middle, least, most] = [0.5, 0, 1].map((share) =>
    percentile(values, share).toFixed(digits),
  );
  return `${middle} (${least}–${most})`;
}

function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const [our, their] = [percentile(ours, 0.5), percentile(theirs, 0.5)];
  return our > 0 && their > 0 ? `${(their / our).toFixed(1)}×` : '';
}

function tableRow(row: Row, timings: Timings, results: readonly Result[]): readonly string[] {
  const valuesOf = (agent: AgentName): readonly number[] =>
    results
      .filter((one) => one.agent === agent && one.timings === timings)
      .map(({ trial }) => row.of(trial));
  const [ours, theirs] = [valuesOf('pg-agent'), valuesOf('patroni')];
  const cells = [told(ours, row.digits), told(theirs, row.digits), ratio(ours, theirs)];
  return [row.what, timingsTold(timings), ...cells];
}

function tableOf(results: readonly Result[]): string {
  const body = rows.flatMap((row) =>
    allTimings
      .filter((timings) => results.some((one) => one.timings === timings))
      .map((timings) => tableRow(row, timings, results)),
  );
  return table(
    [
      ['what', 'left'],
      ['ttl/loop_wait/retry_timeout', 'left'],
      ['pg-agent', 'right'],
      ["Debian's Patroni", 'right'],
      ['Patroni to pg-agent', 'right'],
    ],
    body,
  );
}

async function measure(options: BenchOptions, interruption: Interruption): Promise<Measured> {
  using shipped = await shipAgent();
  playAgentBy(shipped.file);
  const runs = options.runs ?? usualRuns;
  const agents: readonly AgentName[] = isPatroniInstalled ? ['pg-agent', 'patroni'] : ['pg-agent'];
  const results: Result[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const timings of allTimings) {
      for (const agent of agents) {
        if (interruption.isWanted) break;
        const trial = await failoverTrial(agent, timings, run / runs);
        results.push({ agent, timings, trial });
        const times = [trial.postmasterKilledS, trial.switchoverS, trial.allKilledS];
        const outages = times.map((seconds) => seconds.toFixed(2)).join(', ');
        const which = `${agent} at ${timingsTold(timings)}`;
        console.error(`failover, run ${run + 1} of ${runs}: ${which}: outages ${outages} s`);
      }
    }
  }
  const counts = `Median (least–most) of ${runs} runs, three members on loopback, one row every 20 ms.`;
  return {
    isComplete: results.length === runs * allTimings.length * agents.length,
    data: { results },
    tables: results.length === 0 ? 'Nothing measured.' : `${tableOf(results)}\n\n${counts}`,
  };
}

export const failoverFigure: Figure = { name: 'failover', measure };
