// Reads the options of a cluster: where etcd is, and how patient and how strict the cluster is to be.
// Pure, as settings.ts, which it is a part of.

import type { ConfigValues } from './settings.ts';

/** One endpoint of etcd. */
export interface Endpoint {
  /** Address or name; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

export type SynchronousMode = 'off' | 'on' | 'quorum';

export interface ClusterSettings {
  readonly etcd: {
    readonly protocol: 'http' | 'https';
    /** At least one. */
    readonly endpoints: readonly Endpoint[];
  };
  /** Name of the cluster in etcd; empty takes the application's. */
  readonly name: string;
  readonly ttlSeconds: number;
  readonly loopWaitSeconds: number;
  readonly retryTimeoutSeconds: number;
  readonly synchronousMode: SynchronousMode;
  readonly isSynchronousModeStrict: boolean;
  readonly maximumLagOnFailoverBytes: number;
  /** Port of the agents' REST API. */
  readonly apiPort: number;
}

/** Adds a sentence for each option that can't be used. */
type Problems = string[];

const etcdPort = 2379;

function text(values: ConfigValues, key: string): string {
  return String(values[key] ?? '').trim();
}

function wholeNumber(
  values: ConfigValues,
  key: string,
  [least, most, fallback]: readonly [least: number, most: number, fallback: number],
  problems: Problems,
): number {
  const value = values[key] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  problems.push(
    `Cannot use ${key} ${JSON.stringify(value)}: set it to a whole number from ${least} to ${most}`,
  );
  return fallback;
}

/** Null where the text is no endpoint. */
function readEndpoint(item: string): (Endpoint & { readonly protocol: 'http' | 'https' }) | null {
  const match =
    /^(?:(?<protocol>https?):\/\/)?(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?\/?$/u.exec(
      item,
    )?.groups;
  if (match === undefined) return null;
  const host = match['v6'] ?? match['host'] ?? '';
  const port = match['port'] === undefined ? etcdPort : Number(match['port']);
  if (port < 1 || port > 65_535) return null;
  return { protocol: match['protocol'] === 'https' ? 'https' : 'http', host, port };
}

/** Null where the option is empty or can't be used. */
function readEtcd(values: ConfigValues, problems: Problems): ClusterSettings['etcd'] | null {
  const items = text(values, 'etcd-endpoints')
    .split(/[\s,]+/u)
    .filter((item) => item !== '');
  const found = items.map((item) => ({ item, endpoint: readEndpoint(item) }));
  const wrong = found.find(({ endpoint }) => endpoint === null);
  if (wrong !== undefined) {
    problems.push(
      `Cannot use etcd-endpoints ${JSON.stringify(wrong.item)}: give addresses such as 10.0.0.5:2379 or https://etcd.example:2379, separated by commas`,
    );
    return null;
  }
  const endpoints = found.flatMap(({ endpoint }) => endpoint ?? []);
  const [first] = endpoints;
  if (first === undefined) return null;
  const { protocol } = first;
  if (endpoints.some((one) => one.protocol !== protocol)) {
    problems.push(
      'Cannot use etcd-endpoints: some are http and some https; write the same before all of them',
    );
    return null;
  }
  return { protocol, endpoints: endpoints.map(({ host, port }) => ({ host, port })) };
}

function readName(values: ConfigValues, problems: Problems): string {
  const name = text(values, 'cluster-name');
  if (name === '' || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/u.test(name)) return name;
  problems.push(
    `Cannot use cluster-name ${JSON.stringify(name)}: give up to 63 letters, digits and any of _ . -`,
  );
  return '';
}

function readMode(values: ConfigValues, problems: Problems): SynchronousMode {
  const mode = text(values, 'synchronous-mode') || 'off';
  if (mode === 'off' || mode === 'on' || mode === 'quorum') return mode;
  problems.push(`Cannot use synchronous-mode ${JSON.stringify(mode)}: choose from off, on, quorum`);
  return 'off';
}

/**
 * Reads the options of a cluster and adds what is wrong with them to `problems`. Undefined without
 * endpoints of etcd: then there is no cluster, but the other options are checked all the same.
 */
export function readClusterSettings(
  values: ConfigValues,
  problems: Problems,
): ClusterSettings | undefined {
  const etcd = readEtcd(values, problems);
  const before = problems.length;
  const settings = {
    name: readName(values, problems),
    ttlSeconds: wholeNumber(values, 'ttl', [5, 3600, 30], problems),
    loopWaitSeconds: wholeNumber(values, 'loop-wait', [1, 600, 10], problems),
    retryTimeoutSeconds: wholeNumber(values, 'retry-timeout', [2, 600, 10], problems),
    synchronousMode: readMode(values, problems),
    isSynchronousModeStrict: values['synchronous-mode-strict'] === true,
    maximumLagOnFailoverBytes: wholeNumber(
      values,
      'maximum-lag-on-failover',
      [0, Number.MAX_SAFE_INTEGER, 1_048_576],
      problems,
    ),
    apiPort: wholeNumber(values, 'api-port', [1, 65_535, 8008], problems),
  };
  const least = settings.loopWaitSeconds + 2 * settings.retryTimeoutSeconds;
  if (settings.ttlSeconds < least && problems.length === before) {
    problems.push(
      `Cannot use ttl ${settings.ttlSeconds}: loop-wait and twice retry-timeout are ${least} together; raise ttl to that or lower those`,
    );
  }
  return etcd === null ? undefined : { etcd, ...settings };
}

/** What can't be changed any more of a cluster that runs, a sentence each. */
export function frozenClusterProblems(
  now: ClusterSettings | undefined,
  before: ClusterSettings | undefined,
): readonly string[] {
  if (before === undefined) return [];
  if (now === undefined) {
    return [
      'Cannot take etcd-endpoints away: the units run a cluster that needs them; set them back',
    ];
  }
  return now.name === before.name
    ? []
    : [
        `Cannot change cluster-name to ${JSON.stringify(now.name)}: the cluster runs as ${JSON.stringify(before.name)}; set it back`,
      ];
}
