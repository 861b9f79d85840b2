// What the service says of itself, in the words of a status: what is wrong, since when, how far behind it is. Pure.

import { parseServiceStatus, type ServiceStatus } from '../src/service/service-status.ts';
import { bytesText } from './quantities.ts';

export interface ServiceFacts {
  /** What is wrong, a sentence; null for nothing. */
  readonly problem: string | null;
  /** How it does, for a status that is well; empty where there is nothing to tell. */
  readonly remarks: readonly string[];
}

/** A service writes its file every few seconds. */
const silenceMsMax = 60_000;
/** A backlog that is younger than this is the usual wait for the next batch. */
const lagSecondsMin = 10;

function minute(time: string): string {
  return `${time.slice(0, 16)}Z`;
}

function ingestRemarks({ ingest }: ServiceStatus): readonly string[] {
  if (ingest === null) return [];
  return [
    ...(ingest.lagSeconds >= lagSecondsMin
      ? [
          `${ingest.waiting} rows wait on the spool (${bytesText(ingest.spoolBytes)}), the oldest for ${Math.round(ingest.lagSeconds)} s`,
        ]
      : []),
    ...(ingest.lost > 0 ? [`${ingest.lost} events were lost as the spool was full`] : []),
    ...(ingest.rejected > 0 ? [`${ingest.rejected} rows could not be stored`] : []),
  ];
}

/** A failover, or a master that is started anew, is over in less: what passes by itself is not worth a status. */
const patienceMs = 60_000;

const allIsWell: ServiceFacts = { problem: null, remarks: [] };

/**
 * @param text content of the service's status file; null where there is none
 * @param lastWords last line of its log
 * @param startedMs when the service was started or told something new, milliseconds since the epoch
 * @param nowMs the same of now
 */
export function serviceFacts(
  text: string | null,
  lastWords: string,
  startedMs: number,
  nowMs: number,
): ServiceFacts {
  const status = text === null ? null : parseServiceStatus(text);
  const writtenMs = status === null ? 0 : Date.parse(status.written);
  if (status === null || nowMs - writtenMs > silenceMsMax) {
    if (nowMs - startedMs < patienceMs) return allIsWell;
    const since = status === null ? 'anything yet' : `anything since ${minute(status.written)}`;
    const said = lastWords === '' ? '' : `; its last words are "${lastWords.slice(0, 120)}"`;
    return { problem: `The service has not told ${since}${said}`, remarks: [] };
  }
  const lasting = status.problems.filter(({ since }) => nowMs - Date.parse(since) >= patienceMs);
  const [first, ...others] = lasting;
  const remarks = ingestRemarks(status);
  if (first === undefined) return { problem: null, remarks };
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return { problem: `Since ${minute(first.since)}: ${first.message}${more}`, remarks };
}
