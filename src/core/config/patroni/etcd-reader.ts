// Reads the section `etcd3`, in all the ways Patroni lets one say where etcd is.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { EtcdConfig, HostPort } from './agent-config.ts';
import { etcdPort } from './defaults.ts';
import { readHostPort } from './host-port.ts';
import { isJsonList, section, textOf } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';

/** What a URL of etcd says; parts it does not have are null. */
export interface EtcdUrl {
  readonly protocol: 'http' | 'https';
  readonly host: HostPort;
  readonly username: string | null;
  readonly password: string | null;
}

const urlForm =
  /^(?<protocol>https?):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<place>[^@/?#]+)\/?$/u;

/** Percent-encoding is undone where it is one. */
function decode(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads `https://user:password@host:2379`; null where it is no such URL. */
export function readEtcdUrl(text: string): EtcdUrl | null {
  const { protocol, user, password, place = '' } = urlForm.exec(text)?.groups ?? {};
  const host = readHostPort(place, etcdPort);
  if (host === null) return null;
  return {
    protocol: protocol === 'https' ? 'https' : 'http',
    host,
    username: decode(user),
    password: decode(password),
  };
}

/** The endpoints of `hosts`: a list, or a text with commas. Null for one that can't be read. */
export function readEtcdHosts(
  hosts: JsonValue | undefined,
  port: number,
): readonly (HostPort | null)[] {
  const texts = isJsonList(hosts) ? hosts.map(textOf) : (textOf(hosts)?.split(',') ?? []);
  return texts.map((text) => readHostPort(text?.trim() ?? '', port));
}

export function readEtcd(file: JsonObject): EtcdConfig {
  const etcd = section(file, 'etcd3');
  const text = (name: string): string | null => textOf(etcd[name]);
  const port = readInteger(etcd['port']) ?? etcdPort;
  const proxy = readEtcdUrl(text('proxy') ?? '');
  const url = proxy ?? readEtcdUrl(text('url') ?? '');
  const listed = readEtcdHosts(etcd['hosts'], port).filter((host) => host !== null);
  const single = readHostPort(text('host') ?? '', port);
  const hosts =
    url === null ? (listed.length > 0 || single === null ? listed : [single]) : [url.host];
  return {
    hosts,
    protocol: url?.protocol ?? (text('protocol') === 'https' ? 'https' : 'http'),
    isUsingProxies: proxy !== null || readBoolean(etcd['use_proxies']) === true,
    srv: text('srv'),
    srvSuffix: text('srv_suffix'),
    username: text('username') ?? url?.username ?? null,
    password: text('password') ?? url?.password ?? null,
    cacert: text('cacert'),
    cert: text('cert'),
    key: text('key'),
  };
}
