// Keeps the published document: between two marks per figure stands what was last measured, and nothing
// else of it is touched. No number in it is typed by hand.

import type { Report } from '../figure.ts';

function marks(name: string): readonly [begin: string, end: string] {
  return [`<!-- bench:${name} -->`, `<!-- end of bench:${name} -->`];
}

/** @throws Error where the document has no place for the figure */
export function withSection(document: string, name: string, content: string): string {
  const [begin, end] = marks(name);
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(
      `Cannot write figure '${name}' into the document: it has no line '${begin}' followed by '${end}'. Add both where the tables are to stand`,
    );
  }
  return `${document.slice(0, from + begin.length)}\n\n${content}\n\n${document.slice(to)}`;
}

/** The tables of a report with what they were measured on. */
export function sectionOf(report: Report): string {
  const { circumstances, load, tables } = report;
  const { commit, isChanged, node, processor, cores } = circumstances;
  const at = commit === null ? '' : `, commit ${commit}${isChanged ? ' with changes' : ''}`;
  const machine = `${cores} × ${processor}`;
  const loads = `load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after`;
  return `${tables}\n\nMeasured with Node ${node} on ${machine}, ${loads}${at}.`;
}
