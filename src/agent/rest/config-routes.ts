// The dynamic configuration over REST. Patroni takes any value; here what would be ignored or do harm later is
// refused at once, with its path.

import { patchConfig } from '#core/config/patroni/patch-config.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { asObject, isSameJson } from '#core/dcs/json.ts';
import type { ApiHost } from './api-host.ts';
import { knownCluster } from './cluster-routes.ts';
import { readBody } from './read-body.ts';
import { json, text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

/** The values a patch sets: a null takes a key away, whatever it held. */
function setValues(patch: JsonObject): JsonObject {
  const values: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(patch)) {
    const inner = asObject(value);
    if (inner !== null) values.push([key, setValues(inner)]);
    else if (value !== null) values.push([key, value]);
  }
  return Object.fromEntries(values);
}

/** The answer that refuses the values; null where all of them can be taken. */
function refusal(values: JsonObject, host: ApiHost): RestResponse | null {
  const faults = host.validateDynamic(values);
  if (faults.length === 0) return null;
  const lines = faults.map(({ path, problem }) => `${path}: ${problem}`);
  return text(400, `The configuration is not changed\n${lines.join('\n')}\n`);
}

export async function getConfig(host: ApiHost): Promise<RestResponse> {
  const data = (await knownCluster(host)).config?.data ?? null;
  if (data !== null) return json(200, data);
  return text(502, 'The configuration store has no configuration of this cluster, or no valid one');
}

export async function patchDynamic(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const body = readBody(request, false);
  if (body.kind === 'answer') return body.answer;
  const refused = refusal(setValues(body.value), host);
  if (refused !== null) return refused;
  const { config } = await host.dcs.getCluster();
  if (config === null || config.data === null) {
    return text(503, 'There is no configuration to change yet; its leader writes the first one');
  }
  const changed = patchConfig(config.data, body.value);
  if (!isSameJson(changed, config.data)) {
    if (!(await host.dcs.setConfigValue(changed, config.modRevision))) {
      return text(409, 'Somebody else changed the configuration at the same time; try again');
    }
  }
  host.wake();
  return json(200, changed);
}

export async function putDynamic(request: RestRequest, host: ApiHost): Promise<RestResponse> {
  const body = readBody(request, false);
  if (body.kind === 'answer') return body.answer;
  const refused = refusal(body.value, host);
  if (refused !== null) return refused;
  const { config } = await host.dcs.getCluster();
  if (!isSameJson(body.value, config?.data ?? null)) {
    if (!(await host.dcs.setConfigValue(body.value))) {
      return text(502, 'The configuration store did not take the configuration; try again');
    }
    host.wake();
  }
  return json(200, body.value);
}
