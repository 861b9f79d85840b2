// The bracket around a scenario: a directory, an etcd and clusters on it that are there while `body` runs, and
// of which nothing is left after it, however it ends.

import { withEtcd } from '../with-etcd.ts';
import { loopbackNetwork } from './addresses.ts';
import { Cluster, type ClusterOptions, type Ground } from './cluster.ts';
import { withEtcdctl } from './etcd.ts';
import { serverPrograms } from './server-programs.ts';
import { workDirectory } from './work-directory.ts';

const linesShown = 80;

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-linesShown).join('\n');
}

/** What a person needs to see why a scenario failed: the keys, and the end of each log. */
async function tellState(
  clusters: readonly Cluster[],
  write: (text: string) => void,
): Promise<void> {
  for (const cluster of clusters) {
    const prefix = `/service/${cluster.scope}/`;
    const keys = await cluster.etcd.ctl('get', '--prefix', prefix).catch(String);
    write(`---- keys of ${cluster.scope}\n${keys}`);
    for (const member of cluster.members) {
      const title = `${cluster.scope}/${member.name} (${member.agent})`;
      write(`---- agent of ${title}\n${lastLines(await member.agentLog())}`);
      write(`---- PostgreSQL of ${title}\n${lastLines(await member.postgresLog())}`);
      write(`---- callbacks of ${title}\n${(await member.callbacks()).join('\n')}`);
    }
  }
}

function* numbersFrom(first: number): Generator<number, never> {
  for (let number = first; ; number += 1) yield number;
}

/** Where several clusters can stand. */
export interface Site {
  readonly ground: Ground;
  /** A cluster of so many members, none started. */
  cluster(members: number, options?: ClusterOptions): Promise<Cluster>;
}

/** Ended politely where all went well: an agent that can't end by SIGTERM is a failure too. */
async function stopAll(clusters: readonly Cluster[]): Promise<void> {
  const members = clusters.flatMap((cluster) => cluster.members);
  const running = members.filter((member) => member.isAgentRunning);
  for (const member of running) member.signalAgent('SIGCONT');
  await Promise.all(running.map(async (member) => member.stop()));
}

/** Runs `body` with a place for several clusters on one etcd. */
export async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  const binDirectory = await serverPrograms();
  await using directory = await workDirectory();
  const network = loopbackNetwork();
  const addresses = numbersFrom(10);
  const clusters: Cluster[] = [];
  await withEtcd(async (server) => {
    const ground: Ground = {
      directory,
      network,
      addresses,
      etcd: withEtcdctl(server),
      binDirectory,
    };
    const site: Site = {
      ground,
      async cluster(members, options = {}) {
        const cluster = new Cluster(ground, options);
        clusters.push(cluster);
        for (let number = 0; number < members; number += 1) await cluster.add();
        return cluster;
      },
    };
    try {
      await body(site);
      await stopAll(clusters);
    } catch (error) {
      await tellState(clusters, (text) => process.stderr.write(`${text}\n`));
      throw error;
    }
  }, `${network}.9`);
}

export interface OneClusterOptions extends ClusterOptions {
  /** How many are made; none is started. */
  readonly members: number;
}

/** Runs `body` with one cluster whose members are not started yet. */
export async function withCluster(
  options: OneClusterOptions,
  body: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  await withSite(async (site) => body(await site.cluster(options.members, options)));
}
