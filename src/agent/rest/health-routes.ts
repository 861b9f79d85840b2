// Role checks, probes, metrics and decisions, all answered from memory, and the status that peers ask for.

import type { ApiView } from '#core/rest/api-view.ts';
import { writeApiJson } from '#core/rest/api-json.ts';
import { healthCode, livenessCode, readinessCode } from '#core/rest/health.ts';
import { metricsText } from '#core/rest/metrics.ts';
import { slotsAnswer } from '#core/rest/slots-document.ts';
import { statusDocument } from '#core/rest/status-document.ts';
import type { ApiHost } from './api-host.ts';
import { bare, json, jsonText } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';
import { formatIsoTime } from '#core/dcs/iso-time.ts';

/** Says how old the facts of an answer are, in milliseconds. */
export const ageHeader = 'X-Patroni-Age-Ms';

/** The document of each view, made once however often it is asked for. */
const documents = new WeakMap<ApiView, string>();

function statusText(view: ApiView): string {
  const known = documents.get(view);
  if (known !== undefined) return known;
  const document = writeApiJson(statusDocument(view));
  documents.set(view, document);
  return document;
}

function ageMs(view: ApiView, host: ApiHost): number {
  return Math.max(0, Math.round(host.clock.monotonicMs() - view.observedAtMs));
}

function aged(answer: RestResponse, view: ApiView, host: ApiHost): RestResponse {
  return { ...answer, headers: { ...answer.headers, [ageHeader]: String(ageMs(view, host)) } };
}

/** A role check, `/health`, or any path nobody else answers. */
export function roleCheck(request: RestRequest, host: ApiHost): RestResponse {
  const view = host.view();
  const code = healthCode(request.path, request.query, view);
  return aged(jsonText(code, statusText(view)), view, host);
}

/** The only answer that looks at the server: members in an election must not compare positions of long ago. */
export async function getStatus(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const view = request.method === 'GET' ? await host.freshView() : host.view();
  return aged(jsonText(200, statusText(view)), view, host);
}

export function getLiveness(host: ApiHost): RestResponse {
  const view = host.view();
  return aged(bare(livenessCode(view, host.clock.monotonicMs())), view, host);
}

export function getReadiness(request: RestRequest, host: ApiHost): RestResponse {
  const view = host.view();
  return aged(bare(readinessCode(view, request.query)), view, host);
}

export function getMetrics(host: ApiHost): RestResponse {
  const view = host.view();
  const body = metricsText(view, ageMs(view, host));
  const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
  return aged({ status: 200, headers, body }, view, host);
}

/** Which slots are here and should be, and whether each can be relied on. */
export function getSlots(host: ApiHost): RestResponse {
  const view = host.view();
  return aged(jsonText(200, writeApiJson(slotsAnswer(view))), view, host);
}

/** For `pg-agent explain`: what the loop decided lately and why. */
export function getDecisions(host: ApiHost): RestResponse {
  return json(
    200,
    host.decisions().map(({ rule, why, message, atMs }) => ({
      time: formatIsoTime(atMs),
      rule,
      message,
      why,
    })),
  );
}
