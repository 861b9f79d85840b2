// What does one more client cost when there are many? Relates applications one after the other, each by
// a relation of its own and with a database of its own, and compares the last ones with the first.

import type { BenchOptions, Figure, Measured } from './figure.ts';
import type { Interruption } from './interruption.ts';
import { mean, percentile, slope } from './measure/statistics.ts';
import { ms, table } from './report/table.ts';
import { BenchUnit } from './unit/bench-unit.ts';
import { logIn, serveClient, type Serving } from './unit/client-application.ts';

/** How often the hook with nothing to do is run at each size. */
const idleRuns = 9;
/** Clients whose mean stands for the first or the last. */
const groupSize = 10;
const progressEvery = 10;

interface ServedClient {
  /** Bare Node just before, which tells how busy the machine was. */
  readonly bareMs: number;
  /** Of the hooks created, joined and changed together. */
  readonly wallMs: number;
  readonly toolCalls: number;
  /** Each hook by itself. */
  readonly hooksMs: readonly number[];
}

function served(bareMs: number, { created, joined, changed }: Serving): ServedClient {
  const hooks = [created, joined, changed];
  return {
    bareMs,
    wallMs: hooks.reduce((sum, hook) => sum + hook.wallMs, 0),
    toolCalls: hooks.reduce((sum, hook) => sum + hook.toolCalls, 0),
    hooksMs: hooks.map((hook) => hook.wallMs),
  };
}

interface SizeFigure {
  readonly clients: number;
  readonly wholeMs: number;
  readonly p50Ms: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstBareMs: number;
  readonly lastBareMs: number;
  /** Milliseconds by which a client is dearer than the one before. */
  readonly slopeMs: number;
  readonly firstTools: number;
  readonly lastTools: number;
  /** p50 of a hook with nothing to do, with so many clients there. */
  readonly idleMs: number;
}

/** One run: its clients in the order they came, and the hook with nothing to do at each size. */
interface ClientRun {
  readonly clients: readonly ServedClient[];
  readonly idleMs: Readonly<Record<number, number>>;
  readonly postgresql: string;
}

/** Figures of the first `size` clients of one run. */
function sizeFigure(run: ClientRun, size: number): SizeFigure {
  const some = run.clients.slice(0, size);
  const times = some.map(({ wallMs }) => wallMs);
  const tools = some.map(({ toolCalls }) => toolCalls);
  const bare = some.map(({ bareMs }) => bareMs);
  return {
    clients: size,
    wholeMs: times.reduce((sum, time) => sum + time, 0),
    p50Ms: percentile(times, 0.5),
    firstMs: mean(times.slice(0, groupSize)),
    lastMs: mean(times.slice(-groupSize)),
    firstBareMs: mean(bare.slice(0, groupSize)),
    lastBareMs: mean(bare.slice(-groupSize)),
    slopeMs: slope(times),
    firstTools: mean(tools.slice(0, groupSize)),
    lastTools: mean(tools.slice(-groupSize)),
    idleMs: run.idleMs[size] ?? Number.NaN,
  };
}

/** Of several runs, the middle value of each figure. */
function middle(figures: readonly SizeFigure[], clients: number): SizeFigure {
  const of = (key: keyof SizeFigure): number =>
    percentile(
      figures.map((figure) => figure[key]),
      0.5,
    );
  return {
    clients,
    wholeMs: of('wholeMs'),
    p50Ms: of('p50Ms'),
    firstMs: of('firstMs'),
    lastMs: of('lastMs'),
    firstBareMs: of('firstBareMs'),
    lastBareMs: of('lastBareMs'),
    slopeMs: of('slopeMs'),
    firstTools: of('firstTools'),
    lastTools: of('lastTools'),
    idleMs: of('idleMs'),
  };
}

function sizeTable(figures: readonly SizeFigure[]): string {
  return table(
    [
      ['applications', 'right'],
      ['whole time s', 'right'],
      ['a client of the first ten, ms', 'right'],
      ['of the last ten', 'right'],
      ['growth a client ms', 'right'],
      ['`node -e 0` at the first ten', 'right'],
      ['at the last', 'right'],
      ['hook tools, first ten', 'right'],
      ['last ten', 'right'],
      ['`update-status` then, p50 ms', 'right'],
    ],
    figures.map((figure) => {
      // Below that, the first ten and the last ten are partly the same, and a line says nothing.
      const compares = figure.clients >= 2 * groupSize;
      return [
        String(figure.clients),
        (figure.wholeMs / 1000).toFixed(2),
        ms(figure.firstMs),
        compares ? ms(figure.lastMs) : '',
        compares ? figure.slopeMs.toFixed(3) : '',
        ms(figure.firstBareMs),
        compares ? ms(figure.lastBareMs) : '',
        ms(figure.firstTools),
        compares ? ms(figure.lastTools) : '',
        ms(figure.idleMs),
      ];
    }),
  );
}

/** The hook with nothing to do, as it is with the clients there are. */
async function idleHook(unit: BenchUnit): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < idleRuns; run += 1) {
    times.push((await unit.run({ kind: 'unit', name: 'update-status' })).wallMs);
  }
  return percentile(times, 0.5);
}

/** Serves clients on a unit of their own until there are as many as the last size; fewer when interrupted. */
async function serveMany(
  sizes: readonly number[],
  interruption: Interruption,
  tell: (text: string) => void,
): Promise<ClientRun> {
  const count = Math.max(...sizes);
  await using unit = await BenchUnit.create();
  await unit.converge();
  const clients: ServedClient[] = [];
  const idleMs: Record<number, number> = {};
  while (clients.length < count && !interruption.isWanted) {
    const bareMs = await unit.bareNode();
    clients.push(served(bareMs, await serveClient(unit, clients.length + 1)));
    const { length } = clients;
    if (sizes.includes(length) || interruption.isWanted) idleMs[length] = await idleHook(unit);
    if (length % progressEvery === 0) {
      const recent = mean(clients.slice(-progressEvery).map(({ wallMs }) => wallMs));
      tell(`${length} of ${count} served, ${ms(recent)} ms each at the last`);
    }
  }
  // That they can all log in is what the time was spent for; the first and the last stand for them.
  for (const number of new Set([1, clients.length])) {
    if (clients.length > 0) await logIn(unit, number);
  }
  return { clients, idleMs, postgresql: unit.answers.version() };
}

/** Where a run was cut short, what it got to is a size too. */
function sizesReached(sizes: readonly number[], reached: number): readonly number[] {
  return Math.max(...sizes) <= reached
    ? sizes
    : [...sizes.filter((size) => size < reached), reached];
}

async function measure(options: BenchOptions, interruption: Interruption): Promise<Measured> {
  const wanted = options.runs ?? 1;
  const { sizes } = options;
  const runs: ClientRun[] = [];
  while (runs.length < wanted && !interruption.isWanted) {
    const tell = (text: string): void =>
      console.error(`clients, run ${runs.length + 1} of ${wanted}: ${text}`);
    runs.push(await serveMany(sizes, interruption, tell));
  }
  const reached = Math.max(0, ...runs.map(({ clients }) => clients.length));
  if (reached === 0) return { isComplete: false, data: {}, tables: 'Nothing measured.' };
  const figures = sizesReached(sizes, reached).map((size) => {
    const whole = runs.filter(({ clients }) => clients.length >= size);
    return middle(
      whole.map((run) => sizeFigure(run, size)),
      size,
    );
  });
  const postgresql = runs[0]?.postgresql ?? '';
  const runsTold = runs.length === 1 ? 'One run' : `Middle of ${runs.length} runs`;
  return {
    isComplete: runs.length === wanted && reached === Math.max(...sizes) && !interruption.isWanted,
    data: { postgresql, figures, runs },
    tables: `${sizeTable(figures)}\n\n${runsTold}. PostgreSQL ${postgresql}.`,
  };
}

export const clientsFigure: Figure = { name: 'clients', measure };
