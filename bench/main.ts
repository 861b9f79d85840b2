// `npm run bench`: measures the published figures, keeps what was measured as JSON in build/bench, and
// writes the tables of docs/reference/benchmarks.md.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/charms.ts';
import { benchCommand, type BenchCommand, usage } from './bench-options.ts';
import { clientsFigure } from './clients.bench.ts';
import { failoverFigure } from './failover.bench.ts';
import type { Figure, Report } from './figure.ts';
import { hookFigure } from './hook.bench.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { jobCacheFigure } from './job-cache.bench.ts';
import { loadNow, readCircumstances } from './measure/circumstances.ts';
import { sectionOf, withSection } from './report/document.ts';
import { slotsFigure } from './slots.bench.ts';

const figures: readonly Figure[] = [
  hookFigure,
  clientsFigure,
  failoverFigure,
  slotsFigure,
  jobCacheFigure,
];
const documentFile = join(root, 'docs/reference/benchmarks.md');
const dataDirectory = join(root, 'build/bench');

async function reportOf(
  figure: Figure,
  command: BenchCommand,
  interruption: Interruption,
): Promise<Report> {
  const circumstances = await readCircumstances();
  const before = loadNow();
  const measured = await figure.measure(command, interruption);
  return { ...measured, name: figure.name, circumstances, load: { before, after: loadNow() } };
}

/** An interrupted run is told and kept nowhere: its numbers would pass for those of a whole one. */
async function keep(report: Report): Promise<void> {
  const { name, circumstances, load, data } = report;
  await mkdir(dataDirectory, { recursive: true });
  const json = { name, circumstances, load, ...data };
  await writeFile(join(dataDirectory, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
  const document = await readFile(documentFile, 'utf8');
  await writeFile(documentFile, withSection(document, name, sectionOf(report)));
}

async function measureAll(command: BenchCommand): Promise<number> {
  using interruption = listenForInterruption();
  const { names } = command;
  const wanted = figures.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const figure of wanted) {
    if (interruption.isWanted) break;
    const report = await reportOf(figure, command, interruption);
    console.log(`\n${sectionOf(report)}\n`);
    if (report.isComplete) await keep(report);
  }
  return interruption.isWanted ? 130 : 0;
}

async function main(): Promise<number> {
  let command: BenchCommand;
  try {
    command = benchCommand(
      process.argv.slice(2),
      figures.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  try {
    return await measureAll(command);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
