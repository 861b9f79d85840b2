// Checks which configuration store is used, and whether it is said where that is.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { etcdPort } from './defaults.ts';
import { readEtcdHosts, readEtcdUrl } from './etcd-reader.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { readHostPort } from './host-port.ts';
import { isJsonObject, section } from './json-fields.ts';
import { stores } from './known-keys.ts';
import { readInteger } from './read-value.ts';

/** Where else than by `hosts` etcd can be found. */
const placeKeys = ['host', 'hosts', 'srv', 'srv_suffix', 'url', 'proxy'];

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function missingStore(file: JsonObject): ConfigFault {
  const other = stores.find((store) => store !== 'etcd3' && file[store] !== undefined);
  if (other === 'etcd') {
    return fault(
      'etcd',
      file['etcd'],
      "is etcd's old version 2 protocol, which is not supported: name the section etcd3. " +
        'Keys of one protocol are not seen by the other, so all members must change together',
    );
  }
  if (other !== undefined) {
    return fault(other, file[other], 'is not supported: use an etcd by a section etcd3');
  }
  return fault('etcd3', undefined, 'is not defined.');
}

function checkPlace(etcd: JsonObject): readonly ConfigFault[] {
  const port = readInteger(etcd['port']) ?? etcdPort;
  const faults: ConfigFault[] = [];
  const { host, hosts } = etcd;
  if (typeof host === 'string' && readHostPort(host, port) === null) {
    faults.push(fault('etcd3.host', host, 'contains a wrong value: it takes host:port'));
  }
  for (const [index, each] of readEtcdHosts(hosts, port).entries()) {
    if (each !== null) continue;
    const path = Array.isArray(hosts) ? `etcd3.hosts.${index}` : 'etcd3.hosts';
    const value = Array.isArray(hosts) ? (hosts[index] as JsonValue) : hosts;
    faults.push(fault(path, value, 'contains a wrong value: it takes host:port'));
  }
  for (const key of ['url', 'proxy']) {
    const url = etcd[key];
    if (typeof url === 'string' && readEtcdUrl(url) === null) {
      const message = 'contains a wrong value: it takes http://host:port or https://host:port';
      faults.push(fault(`etcd3.${key}`, url, message));
    }
  }
  return faults;
}

export function validateStore(file: JsonObject): readonly ConfigFault[] {
  const { etcd3 } = file;
  if (etcd3 === undefined) return [missingStore(file)];
  // Another type is the schema's to tell.
  if (!isJsonObject(etcd3)) return etcd3 === null ? [missingStore({})] : [];
  const etcd = section(file, 'etcd3');
  if (!placeKeys.some((key) => isGiven(etcd[key]))) {
    return [
      fault(
        'etcd3.hosts',
        undefined,
        `is not defined. One of ${placeKeys.join(', ')} must say where etcd is`,
      ),
    ];
  }
  return checkPlace(etcd);
}
