// A scenario of an agent: its steps on one cluster, in order, as each starts from where the one before ended.

import { test, type TestContext } from 'node:test';
import { type OneClusterOptions, type Site, withSite } from '../../cluster/with-cluster.ts';
import type { Cluster } from '../../cluster/cluster.ts';

/** A step with a name that says what is promised. */
export type Step = (name: string, body: () => Promise<void>) => Promise<void>;

const longestMs = 280_000;

function stepsOf(context: TestContext): Step {
  return async (name, body) => {
    const failed: Error[] = [];
    await context.test(name, async () => {
      try {
        await body();
      } catch (error) {
        failed.push(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    });
    // The steps after a failed one would tell of nothing but it, and take their whole time.
    if (failed[0] !== undefined) throw failed[0];
  };
}

/** A scenario with several clusters, or one that makes its own. `skip` says why it can't run here. */
export function siteScenario(
  name: string,
  body: (site: Site, step: Step) => Promise<void>,
  skip: string | false = false,
): void {
  void test(name, { skip, timeout: longestMs }, async (context) => {
    await withSite(async (site) => body(site, stepsOf(context)));
  });
}

/** A scenario with one cluster, none of whose members is started. */
export function scenario(
  name: string,
  options: OneClusterOptions,
  body: (cluster: Cluster, step: Step) => Promise<void>,
  skip: string | false = false,
): void {
  siteScenario(
    name,
    async (site, step) => body(await site.cluster(options.members, options), step),
    skip,
  );
}
