// Reads the variables of the configuration store, PATRONI_<STORE>_<SETTING>, whichever store that is.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { EnvironmentReader, ValueKind } from './environment-reader.ts';

/** The settings stores have, by the name after PATRONI_<STORE>_. */
const settings: Readonly<Record<string, ValueKind>> = {
  HOST: 'text',
  HOSTS: 'list',
  PORT: 'integer',
  PROTOCOL: 'text',
  SRV: 'text',
  SRV_SUFFIX: 'text',
  URL: 'text',
  PROXY: 'text',
  USE_PROXIES: 'boolean',
  CACERT: 'text',
  CERT: 'text',
  KEY: 'text',
  USERNAME: 'text',
  PASSWORD: 'text',
  GROUP: 'integer',
  DATABASE: 'text',
};

/** Sections that may come out of the environment this way. Other stores are named to be refused later. */
const stores = ['etcd', 'etcd3', 'consul', 'zookeeper', 'exhibitor', 'kubernetes', 'citus'];

/** One section for each store some variable names. */
export function storeVariables(reader: EnvironmentReader): ReadonlyMap<string, JsonObject> {
  const sections = new Map<string, JsonObject>();
  for (const store of stores) {
    const read = new Map<string, JsonValue>();
    for (const [setting, kind] of Object.entries(settings)) {
      const name = `${store.toUpperCase()}_${setting}`;
      // Citus is no store; it only shares the form of its variables.
      const isOfStore = (setting === 'GROUP' || setting === 'DATABASE') === (store === 'citus');
      const value = isOfStore ? reader.value(name, kind) : undefined;
      if (value !== undefined) read.set(setting.toLowerCase(), value);
    }
    if (read.size > 0) sections.set(store, Object.fromEntries(read));
  }
  return sections;
}
