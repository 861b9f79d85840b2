// What members tell each other without the store: that a leader still leads, and that something changed.

import { readFailsafe } from '#core/rest/other-requests.ts';
import type { ApiHost } from './api-host.ts';
import { readBody } from './read-body.ts';
import { json, text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

export function getFailsafe(host: ApiHost): RestResponse {
  const { failsafe } = host.view();
  if (failsafe !== null) return json(200, failsafe);
  return text(502, 'It is not known which members a leader without the store has to ask');
}

export function postFailsafe(request: RestRequest, host: ApiHost): RestResponse {
  const off = text(502, 'failsafe_mode is not on');
  if (!host.view().config.isFailsafeMode) return off;
  const body = readBody(request, false);
  if (body.kind === 'answer') return body.answer;
  const message = readFailsafe(body.value);
  if (message === null) return text(400, 'The request is to name name, conn_url and api_url');
  const receipt = host.receiveFailsafe(message);
  switch (receipt.kind) {
    case 'off':
      return off;
    case 'leading':
      return text(500, 'Running as a leader');
    case 'accepted': {
      const accepted = text(200, 'Accepted');
      if (receipt.lsn === null) return accepted;
      return { ...accepted, headers: { ...accepted.headers, lsn: String(receipt.lsn) } };
    }
    default:
      return receipt satisfies never;
  }
}

export function postWake(host: ApiHost): RestResponse {
  host.peerWake();
  return text(202, 'OK');
}
