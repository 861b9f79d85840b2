// The charms this repository makes: where their files stand and what goes into each.

import { fileURLToPath } from 'node:url';
import { agentFlags } from '../hooks/cluster/service-plan.ts';

export interface CharmSource {
  readonly name: string;
  /** Folder that holds metadata.yaml and its companions, relative to the root. */
  readonly directory: string;
  /** Another charm of the same source: its metadata.yaml, relative to the root, in the place of the folder's. */
  readonly metadata?: string;
  /** Programs bundled into the charm: name of the file in the charm, and its entry point. */
  readonly bundles: readonly BundleSource[];
  /** Further files of the checkout, each with its place in the charm. */
  readonly files?: readonly { readonly from: string; readonly to: string }[];
}

export interface BundleSource {
  readonly output: string;
  readonly entry: string;
  /** A hook starts as fast as Node does: small, and with no package in it. */
  readonly hook: boolean;
  /** Of Node, where it is not run with those of dispatch. */
  readonly flags?: readonly string[];
}

/** Root of the checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../', import.meta.url));

/** Largest size of a hook's bundle. */
export const hookBundleLimitBytes = 150_000;

/** Both charms of this source are the same programs; only Juju's metadata can make one a subordinate. */
const jobCache = {
  directory: 'salt-job-cache',
  bundles: [
    { output: 'charm.cjs', entry: 'salt-job-cache/hooks/main.ts', hook: true },
    { output: 'lib/job-cache.cjs', entry: 'salt-job-cache/program/main.ts', hook: false },
    { output: 'lib/job-cache-machine.cjs', entry: 'salt-job-cache/machine/main.ts', hook: false },
    { output: 'lib/salt-job-cache.cjs', entry: 'bin/salt-job-cache-charm.ts', hook: false },
    { output: 'lib/supervise.cjs', entry: 'src/adapters/supervise/main.ts', hook: false },
  ],
  files: [{ from: 'salt-job-cache/operator/salt-job-cache', to: 'bin/salt-job-cache' }],
} as const;

export const charms: readonly CharmSource[] = [
  {
    name: 'postgresql',
    directory: '.',
    bundles: [
      { output: 'charm.cjs', entry: 'hooks/main.ts', hook: true },
      { output: 'lib/pg-setup.cjs', entry: 'hooks/setup/pg-setup.ts', hook: false },
      { output: 'lib/pg-cluster.cjs', entry: 'hooks/cluster/pg-cluster.ts', hook: false },
      { output: 'lib/pg-supervise.cjs', entry: 'src/adapters/supervise/main.ts', hook: false },
      {
        output: 'lib/pg-agent.cjs',
        entry: 'bin/pg-agent-charm.ts',
        hook: false,
        flags: agentFlags,
      },
    ],
    // The agent looks for them beside itself.
    files: [
      { from: 'src/adapters/watchdog/keeper.pl', to: 'lib/keeper.pl' },
      { from: 'src/adapters/system/lease-keeper.pl', to: 'lib/lease-keeper.pl' },
    ],
  },
  { name: 'salt-job-cache', ...jobCache },
  {
    name: 'salt-job-cache-subordinate',
    metadata: 'salt-job-cache/subordinate/metadata.yaml',
    ...jobCache,
  },
];

/** Files of a charm's directory that go into the charm as they are. */
export const charmFiles: readonly string[] = [
  'metadata.yaml',
  'config.yaml',
  'actions.yaml',
  'manifest.yaml',
  'dispatch',
];
