// Reload, restart and reinitialisation of the member's own PostgreSQL.

import { readReinitialize } from '#core/rest/other-requests.ts';
import { readRestart } from '#core/rest/restart-request.ts';
import type { ApiHost } from './api-host.ts';
import { readBody } from './read-body.ts';
import { text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

export function postReload(host: ApiHost): RestResponse {
  host.requestReload();
  return text(202, 'reload scheduled');
}

export async function postRestart(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const body = readBody(request, true);
  if (body.kind === 'answer') return body.answer;
  const reading = readRestart(body.value, host.view().config, host.clock.now());
  if (reading.kind === 'refused') return text(reading.status, reading.why);
  const { atMs } = reading.request;
  if (atMs === null) {
    const { isDone, message } = await host.requestRestart(reading.request);
    return text(isDone ? 200 : 503, message);
  }
  const isScheduled = await host.scheduleRestart({ ...reading.request, atMs });
  if (isScheduled) return text(202, 'Restart scheduled');
  return text(409, 'Another restart is already scheduled');
}

export async function deleteRestart(host: ApiHost): Promise<RestResponse> {
  if (await host.deleteScheduledRestart()) return text(200, 'scheduled restart deleted');
  return text(404, 'no restarts are scheduled');
}

export async function postReinitialize(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const body = readBody(request, true);
  if (body.kind === 'answer') return body.answer;
  const refused = await host.requestReinitialize(readReinitialize(body.value));
  return refused === null ? text(200, 'reinitialize started') : text(503, refused);
}
