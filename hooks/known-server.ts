// The server this unit is to run, from what it knows of programs, storage, network and settings.

import type { Context } from './context.ts';
import { desiredServer } from './desired.ts';
import { clusterMade, installed, type Network, settingsInForce, storageLocation } from './facts.ts';
import { knownNetwork } from './network.ts';
import type { Settings } from './settings.ts';
import type { DesiredServer } from './setup/desired.ts';

export interface KnownServer {
  readonly server: DesiredServer;
  readonly settings: Settings;
  readonly network: Network;
}

/** Null while anything of it is missing; the status says what. */
export function knownServer(context: Context): KnownServer | null {
  const programs = installed.read(context.data);
  const storage = storageLocation.read(context.data);
  const settings = settingsInForce.read(context.data);
  if (programs === null || storage === null || settings === null) return null;
  const network = knownNetwork(context);
  if (network === null) return null;
  const server = desiredServer({
    installed: programs,
    storage,
    network,
    settings,
    application: context.hook.applicationName,
    mayInitialise: clusterMade.read(context.data) === null,
  });
  return { server, settings, network };
}
