// What Salt's job cache costs: storing jobs, taking them from the event bus, finding them among a million, and
// taking a million away.

import { floorRate, libraryRate } from './job-cache/callers.ts';
import { type Ingestion, measureIngestion } from './job-cache/ingestion.ts';
import { type SchemaKind, startJobCache } from './job-cache/job-cache-server.ts';
import { fillJobs } from './job-cache/million-jobs.ts';
import { pageTimes, type PageTime } from './job-cache/pages.ts';
import { measureRetention, type Retention } from './job-cache/retention.ts';
import { saltPython, saltRate } from './job-cache/salt-module.ts';
import type { BenchOptions, Figure, Measured } from './figure.ts';
import type { Interruption } from './interruption.ts';
import { percentile } from './measure/statistics.ts';
import { ms, table } from './report/table.ts';

const usualRuns = 3;
const storingSeconds = 5;
const ingestionSeconds = 60;
const pageRuns = 21;

interface Rates {
  readonly what: string;
  readonly perSecond: number[];
}

function told(values: readonly number[]): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en');
  return `${whole(percentile(values, 0.5))} (${whole(Math.min(...values))}–${whole(Math.max(...values))})`;
}

/** Each in turn in every run, so that whatever else the machine does meets all alike. */
async function storing(runs: number, interruption: Interruption): Promise<readonly Rates[]> {
  await using cache = await startJobCache('compatible');
  const ways: (readonly [string, () => Promise<number>])[] = [
    ['this library, one caller', async () => libraryRate(cache, 1, storingSeconds)],
    ['this library, 16 callers', async () => libraryRate(cache, 16, storingSeconds)],
    ['two plain inserts, one caller', async () => floorRate(cache, 1, storingSeconds)],
    ['two plain inserts, 16 callers', async () => floorRate(cache, 16, storingSeconds)],
  ];
  if (saltPython !== null) {
    const python = saltPython;
    ways.push(["Salt's own module, one caller", async () => saltRate(python, cache, 5)]);
  }
  const rates = ways.map(([what]): Rates => ({ what, perSecond: [] }));
  for (let run = 0; run < runs; run += 1) {
    for (const [index, [what, measure]] of ways.entries()) {
      if (interruption.isWanted) return rates;
      const rate = await measure();
      rates[index]?.perSecond.push(rate);
      console.error(`job-cache, run ${run + 1} of ${runs}: ${what}: ${Math.round(rate)} jobs/s`);
    }
  }
  return rates;
}

interface Ingested {
  readonly schema: SchemaKind;
  /** Returns a second that were published; null where as many as could be stored. */
  readonly rate: number | null;
  readonly ingestion: Ingestion;
}

const paces: readonly Pick<Ingested, 'schema' | 'rate'>[] = [
  { schema: 'compatible', rate: 50_000 },
  { schema: 'partitioned', rate: 90_000 },
  { schema: 'compatible', rate: null },
  { schema: 'partitioned', rate: null },
];

async function ingesting(runs: number, interruption: Interruption): Promise<readonly Ingested[]> {
  const found: Ingested[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const { schema, rate } of paces) {
      if (interruption.isWanted) return found;
      await using cache = await startJobCache(schema);
      const ingestion = await measureIngestion(cache, rate, ingestionSeconds);
      found.push({ schema, rate, ingestion });
      const { storedPerSecond, lagSeconds, load } = ingestion;
      console.error(
        `job-cache, run ${run + 1} of ${runs}: ${schema} tables, ${rate ?? 'as many as are stored'}: ` +
          `${Math.round(storedPerSecond)} returns/s, lag ${lagSeconds} s, load ${load.join(' to ')}`,
      );
    }
  }
  return found;
}

function ingestionTable(found: readonly Ingested[]): string {
  const row = ({ schema, rate }: Pick<Ingested, 'schema' | 'rate'>): readonly string[] => {
    const of = (value: (one: Ingestion) => number): readonly number[] =>
      found
        .filter((one) => one.schema === schema && one.rate === rate)
        .map(({ ingestion }) => value(ingestion));
    const lag = of((one) => one.lagSeconds);
    return [
      rate === null ? `${schema}, as many as are stored` : schema,
      told(of((one) => one.publishedPerSecond)),
      told(of((one) => one.storedPerSecond)),
      told(of((one) => one.lost)),
      // As so many are always on their way, it is old by what that takes.
      rate === null
        ? '–'
        : `${percentile(lag, 0.5).toFixed(2)} (most ${Math.max(...lag).toFixed(2)})`,
      told(of((one) => one.rssMbEarly)),
      told(of((one) => one.rssMbLate)),
      told(of((one) => one.cpuPercent)),
      told(of((one) => Math.max(...one.load))),
    ];
  };
  return table(
    [
      [`returns from the event bus for ${ingestionSeconds} s, tables`, 'left'],
      ['published/s', 'right'],
      ['stored/s', 'right'],
      ['lost', 'right'],
      ['lag at the end, s', 'right'],
      ['service, MB, first 15 s', 'right'],
      ['MB, last 15 s', 'right'],
      ['% of a processor', 'right'],
      ['load of the machine', 'right'],
    ],
    paces.map(row),
  );
}

function pageTable(pages: readonly PageTime[]): string {
  return table(
    [
      ['a page of 50 among 1,000,000 jobs', 'left'],
      ['found', 'right'],
      ['median ms', 'right'],
      ['95 %', 'right'],
    ],
    pages.map((page) => [page.what, String(page.found), ms(page.ms.p50), ms(page.ms.p95)]),
  );
}

function retentionTable(cleaned: Retention): string {
  return table(
    [
      ['1,000,000 expired jobs', 'left'],
      ['seconds', 'right'],
      ['left', 'right'],
      ['a writer meanwhile, median ms', 'right'],
      ['95 %', 'right'],
      ['longest', 'right'],
    ],
    [
      [
        'taken away',
        cleaned.seconds.toFixed(1),
        String(cleaned.jobsLeft),
        ms(cleaned.writer.p50),
        ms(cleaned.writer.p95),
        ms(cleaned.writerMaxMs),
      ],
    ],
  );
}

async function measure(options: BenchOptions, interruption: Interruption): Promise<Measured> {
  const runs = options.runs ?? usualRuns;
  const rates = await storing(runs, interruption);
  const ingested = await ingesting(runs, interruption);
  await using cache = await startJobCache('compatible');
  await fillJobs(cache, 3);
  const pages = await pageTimes(cache, pageRuns);
  const cleaned = await measureRetention(cache);
  const ratesTable = table(
    [
      ['jobs with one return, durable', 'left'],
      ['per second', 'right'],
    ],
    rates.map(({ what, perSecond }) => [what, perSecond.length === 0 ? '–' : told(perSecond)]),
  );
  const note = `Median (least–most) of ${runs} runs on one machine. Each minute of returns begins 20 s after the first one; afterwards every one that was published was found in the table, once.`;
  return {
    isComplete: !interruption.isWanted,
    data: { rates, ingested, pages, cleaned },
    tables: [
      ratesTable,
      ingestionTable(ingested),
      note,
      pageTable(pages),
      retentionTable(cleaned),
    ].join('\n\n'),
  };
}

export const jobCacheFigure: Figure = { name: 'job-cache', measure };
