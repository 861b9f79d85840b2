// How long does a hook take? The whole process as Juju starts it, beside `node -e 0` on the same runtime:
// a hook with nothing to do, and the one that serves a client. Each takes turns with bare Node, so that
// whatever else the machine does falls on both alike.

import { join } from 'node:path';
import type { BenchOptions, Figure, Measured } from './figure.ts';
import { probeVariables, takeSplit, type Split } from './hook/split.ts';
import type { Interruption } from './interruption.ts';
import { percentile, summarise, type Summary } from './measure/statistics.ts';
import { hookBundleLimitBytes } from '../scripts/charms.ts';
import { ms, table } from './report/table.ts';
import { BenchUnit, type HookRun } from './unit/bench-unit.ts';
import { serveClient } from './unit/client-application.ts';
import type { Hook } from './unit/hook.ts';

/** What a hook with nothing to do may take: this much of bare Node, and this much for each hook tool. */
const nodeShare = 1.25;
const toolMs = 2.5;

const usualRuns = 40;
const warmUps = 3;

const updateStatus: Hook = { kind: 'unit', name: 'update-status' };

/** One kind of hook, and bare Node in turn with it. Each list is in the order it was measured. */
interface Samples {
  readonly bareMs: number[];
  readonly hooks: HookRun[];
  /** Of further runs, with the probe. */
  readonly splits: Split[];
}

/** Runs the hook once; `probe` are variables it gets beyond Juju's. */
type RunHook = (probe: Readonly<Record<string, string>>) => Promise<HookRun>;

/** Measures bare Node, the hook, and the hook with the probe, one after the other, until there are enough. */
async function sample(
  unit: BenchUnit,
  run: RunHook,
  runs: number,
  interruption: Interruption,
  tell: (done: number) => void,
): Promise<Samples> {
  const probeFile = join(unit.paths.charmDirectory, '../probe.json');
  const samples: Samples = { bareMs: [], hooks: [], splits: [] };
  for (let turn = 1 - warmUps; turn <= runs && !interruption.isWanted; turn += 1) {
    const bareMs = await unit.bareNode();
    const hook = await run({});
    const probed = await run(probeVariables(probeFile));
    const split = takeSplit(probeFile, probed.wallMs);
    if (turn < 1) continue;
    samples.bareMs.push(bareMs);
    samples.hooks.push(hook);
    samples.splits.push(split);
    tell(turn);
  }
  return samples;
}

interface HookFigure extends Summary {
  readonly process: string;
  /** Of the p50 of bare Node measured in turn with it. */
  readonly share: number;
  /** Most hook tools a run called. */
  readonly tools: number;
  /** What p50 may be; null where nothing is promised. */
  readonly targetMs: number | null;
}

function figuresOf(idle: Samples, serve: Samples): readonly HookFigure[] {
  const bare = (samples: Samples, beside: string): HookFigure => {
    const summary = summarise(samples.bareMs);
    return {
      process: `\`node -e 0\`, in turn with ${beside}`,
      ...summary,
      share: 1,
      tools: 0,
      targetMs: null,
    };
  };
  const hook = (samples: Samples, process: string): HookFigure => {
    const summary = summarise(samples.hooks.map(({ wallMs }) => wallMs));
    const tools = Math.max(...samples.hooks.map(({ toolCalls }) => toolCalls));
    const share = summary.p50 / percentile(samples.bareMs, 0.5);
    return { process, ...summary, share, tools, targetMs: null };
  };
  const nothing = hook(idle, '**`update-status`, nothing to do**');
  const target = nodeShare * percentile(idle.bareMs, 0.5) + toolMs * nothing.tools;
  return [
    bare(idle, '`update-status`'),
    { ...nothing, targetMs: target },
    bare(serve, '`db-relation-changed`'),
    hook(serve, '**`db-relation-changed`, serves a client**'),
  ];
}

function figureTable(figures: readonly HookFigure[]): string {
  return table(
    [
      ['process', 'left'],
      ['runs', 'right'],
      ['min ms', 'right'],
      ['p50 ms', 'right'],
      ['p95 ms', 'right'],
      ['of bare Node', 'right'],
      ['hook tools', 'right'],
      ['p50 may be', 'right'],
    ],
    figures.map(({ process, runs, min, p50, p95, share, tools, targetMs }) => [
      process,
      String(runs),
      ms(min),
      ms(p50),
      ms(p95),
      `${share.toFixed(2)}×`,
      String(tools),
      targetMs === null ? '' : `${ms(targetMs)} ${p50 <= targetMs ? '(kept)' : '(missed)'}`,
    ]),
  );
}

const parts: readonly (readonly [keyof Split, string])[] = [
  ['hook', 'the hook itself, Node included, without its tools'],
  ['tools', 'hook tools'],
  ['setup', '`pg-setup`, Node included, without the two below'],
  ['programs', 'programs `pg-setup` starts'],
  ['database', 'waiting for PostgreSQL'],
];

function median(splits: readonly Split[], part: keyof Split): number {
  return percentile(
    splits.map((split) => split[part]),
    0.5,
  );
}

function splitTable(idle: Samples, serve: Samples): string {
  return table(
    [
      ['where the time goes, p50 ms', 'left'],
      ['`update-status`', 'right'],
      ['`db-relation-changed`', 'right'],
    ],
    parts.map(([part, name]) => [
      name,
      ms(median(idle.splits, part)),
      ms(median(serve.splits, part)),
    ]),
  );
}

function told(unit: BenchUnit, idle: Samples, serve: Samples): Omit<Measured, 'isComplete'> {
  const figures = figuresOf(idle, serve);
  const bundleBytes = unit.bundleSizes['charm.cjs'] ?? Number.NaN;
  const kilobytes = `${(bundleBytes / 1000).toFixed(1)} kB of the ${hookBundleLimitBytes / 1000} kB`;
  return {
    data: { postgresql: unit.answers.version(), bundleBytes, figures, idle, serve },
    tables: [
      figureTable(figures),
      splitTable(idle, serve),
      `The hook's bundle has ${kilobytes} it may have, and no package in it. PostgreSQL ${unit.answers.version()}.`,
    ].join('\n\n'),
  };
}

async function measure(options: BenchOptions, interruption: Interruption): Promise<Measured> {
  const runs = options.runs ?? usualRuns;
  await using unit = await BenchUnit.create();
  await unit.converge();
  const tell = (what: string) => (done: number) => {
    if (done % 10 === 0) console.error(`hook: ${what}, ${done} of ${runs}`);
  };
  let clients = 0;
  const serveNext: RunHook = async (probe) =>
    (await serveClient(unit, (clients += 1), probe)).changed;
  const doNothing: RunHook = async (probe) => unit.run(updateStatus, probe);
  // A unit that serves somebody, and whose last hook left nothing to look after.
  await serveNext({});
  const idle = await sample(unit, doNothing, runs, interruption, tell('nothing to do'));
  const serve = await sample(unit, serveNext, runs, interruption, tell('serving clients'));
  if (serve.hooks.length === 0) {
    return { isComplete: false, data: {}, tables: 'Stopped before both hooks were measured.' };
  }
  return { ...told(unit, idle, serve), isComplete: serve.hooks.length === runs };
}

export const hookFigure: Figure = { name: 'hook', measure };
