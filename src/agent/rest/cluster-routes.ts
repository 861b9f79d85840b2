// What is told of the cluster: `/cluster` from a fresh read of the store, `/history` from the last view if there is one.

import { readGlobalConfig } from '#core/config/patroni/global-config-reader.ts';
import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import { clusterDocument } from '#core/rest/cluster-document.ts';
import { historyDocument } from '#core/rest/history-document.ts';
import type { ApiHost } from './api-host.ts';
import { json } from './rest-message.ts';
import type { RestResponse } from './rest-message.ts';

/** The view in memory; the store is asked only where there is none. */
export async function knownCluster(host: ApiHost): Promise<Cluster> {
  return host.view().cluster ?? (await host.dcs.getCluster());
}

/** The dynamic configuration of a cluster just read; defaults where it has none yet. */
export function configOf(cluster: Cluster): GlobalConfig {
  return readGlobalConfig(cluster.config?.data ?? {}).global;
}

export async function getCluster(host: ApiHost): Promise<RestResponse> {
  const cluster = await host.dcs.getCluster();
  return json(200, clusterDocument(cluster, configOf(cluster), host.view().scope));
}

export async function getHistory(host: ApiHost): Promise<RestResponse> {
  const { history } = await knownCluster(host);
  return json(200, historyDocument(history));
}
