// Decisions as a person reads them.

import { formatIsoTime, parseIsoTime } from '#core/dcs/iso-time.ts';
import { asList, asObject, asText, parseJson } from '#core/dcs/json.ts';
import type { MadeDecision } from './api-view.ts';

/** Reads the body of `GET /decisions`; what is none is left out. */
export function readDecisions(text: string): readonly MadeDecision[] {
  return (asList(parseJson(text)) ?? []).flatMap((entry): readonly MadeDecision[] => {
    const made = asObject(entry) ?? {};
    const [why, message] = [asText(made['why']), asText(made['message'])];
    const rule = made['rule'];
    if (typeof rule !== 'number' || why === null || message === null) return [];
    return [{ rule, why, message, atMs: parseIsoTime(asText(made['time']) ?? '') ?? 0 }];
  });
}

/** Oldest first: what was done, by which rule, and why the rule is right. */
export function printDecisions(decisions: readonly MadeDecision[]): string {
  if (decisions.length === 0) return 'No decision yet: the agent has just started\n';
  return decisions
    .map(({ rule, why, message, atMs }) => {
      const time = formatIsoTime(atMs).replace('T', ' ').slice(0, 23);
      return `${time}  ${message}\n${' '.repeat(25)}rule ${rule}: ${why}\n`;
    })
    .join('');
}
