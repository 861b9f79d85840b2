// Which request is answered by what. No route knows of sockets, passwords or addresses: access is checked before.

import { DcsError } from '#adapters/ports/dcs.ts';
import type { ApiHost } from './api-host.ts';
import { getCluster, getHistory } from './cluster-routes.ts';
import { getConfig, patchDynamic, putDynamic } from './config-routes.ts';
import { deleteSwitchover, postFailover } from './failover-routes.ts';
import { getFailsafe, postFailsafe, postWake } from './failsafe-routes.ts';
import {
  getDecisions,
  getLiveness,
  getMetrics,
  getReadiness,
  getSlots,
  getStatus,
  roleCheck,
} from './health-routes.ts';
import { text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';
import { deleteRestart, postReinitialize, postReload, postRestart } from './server-routes.ts';

type Route = (request: RestRequest, host: ApiHost) => RestResponse | Promise<RestResponse>;

/** By method and first part of the path, as in Patroni: `/config/x` is `/config`. */
const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['GET patroni', getStatus],
  ['GET liveness', (_request, host) => getLiveness(host)],
  ['GET readiness', getReadiness],
  ['GET metrics', (_request, host) => getMetrics(host)],
  ['GET decisions', (_request, host) => getDecisions(host)],
  ['GET slots', (_request, host) => getSlots(host)],
  ['GET cluster', async (_request, host) => getCluster(host)],
  ['GET history', async (_request, host) => getHistory(host)],
  ['GET config', async (_request, host) => getConfig(host)],
  ['GET failsafe', (_request, host) => getFailsafe(host)],
  ['PATCH config', patchDynamic],
  ['PUT config', putDynamic],
  ['POST reload', (_request, host) => postReload(host)],
  ['POST restart', postRestart],
  ['DELETE restart', async (_request, host) => deleteRestart(host)],
  ['POST reinitialize', postReinitialize],
  ['POST switchover', async (request, host) => postFailover('switchover', request, host)],
  ['DELETE switchover', async (_request, host) => deleteSwitchover(host)],
  ['POST failover', async (request, host) => postFailover('failover', request, host)],
  ['POST failsafe', postFailsafe],
  ['POST wake', (_request, host) => postWake(host)],
  // Answered as by a member without Citus.
  ['POST citus', () => text(200, 'OK')],
  ['POST mpp', () => text(200, 'OK')],
]);

const withoutBody: ReadonlySet<string> = new Set(['HEAD', 'OPTIONS']);

/** Whether a method only looks; what only looks is answered without a password. */
export function isSafeMethod(method: string): boolean {
  return method === 'GET' || withoutBody.has(method);
}

function firstPart(path: string): string {
  return path.replace(/^\/+/u, '').split('/')[0] ?? '';
}

function failed(error: unknown, request: RestRequest, host: ApiHost): RestResponse {
  const asked = `${request.method} ${request.path}`;
  if (error instanceof DcsError) {
    host.log.warning(`The configuration store could not be asked for ${asked}`, { error });
    return text(503, `${error.message}\n${error.hint}\n`);
  }
  if (!request.signal.aborted) host.log.error(`Answering ${asked} failed`, { error });
  return text(500, `The agent failed to answer ${asked}; its log says why\n`);
}

/** Never throws. HEAD and OPTIONS get what GET would, without the body. */
export async function answerRequest(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const isLook = isSafeMethod(request.method);
  const method = isLook ? 'GET' : request.method;
  const route = routes.get(`${method} ${firstPart(request.path)}`) ?? (isLook ? roleCheck : null);
  if (route === null) return text(501, `There is no ${method} ${request.path}\n`);
  try {
    const answer = await route(request, host);
    return withoutBody.has(request.method) ? { ...answer, body: '' } : answer;
  } catch (error) {
    return failed(error, request, host);
  }
}
