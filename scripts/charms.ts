// The two charms this repository makes: where their files stand and what goes into each.

import { fileURLToPath } from 'node:url';

export interface CharmSource {
  readonly name: string;
  /** Folder that holds metadata.yaml and its companions, relative to the root. */
  readonly directory: string;
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
}

/** Root of the checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../', import.meta.url));

/** Largest size of a hook's bundle. */
export const hookBundleLimitBytes = 150_000;

export const charms: readonly CharmSource[] = [
  {
    name: 'postgresql',
    directory: '.',
    bundles: [
      { output: 'charm.cjs', entry: 'hooks/main.ts', hook: true },
      { output: 'lib/pg-setup.cjs', entry: 'hooks/setup/pg-setup.ts', hook: false },
      { output: 'lib/pg-cluster.cjs', entry: 'hooks/cluster/pg-cluster.ts', hook: false },
      { output: 'lib/pg-supervise.cjs', entry: 'hooks/supervise/main.ts', hook: false },
      { output: 'lib/pg-agent.cjs', entry: 'bin/pg-agent-charm.ts', hook: false },
    ],
    // The agent looks for them beside itself.
    files: [
      { from: 'src/adapters/watchdog/keeper.pl', to: 'lib/keeper.pl' },
      { from: 'src/adapters/system/lease-keeper.pl', to: 'lib/lease-keeper.pl' },
    ],
  },
  {
    name: 'salt-job-cache',
    directory: 'salt-job-cache',
    bundles: [
      { output: 'charm.cjs', entry: 'salt-job-cache/hooks/main.ts', hook: true },
      { output: 'lib/job-cache.cjs', entry: 'salt-job-cache/program/main.ts', hook: false },
    ],
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
