// The postgresql charm, put together.

import { type Charm, defineCharm } from '#charm/charm.ts';
import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import type { EndpointPort } from '#interfaces/ports.ts';
import { charmName, configDefaults, endpoints } from './charm-files.gen.ts';
import { clusterActions } from './cluster-actions.ts';
import { ClusterPeers } from './cluster-peers.ts';
import type { Endpoints } from './context.ts';
import { passwordPrefix, userOf } from './credentials.ts';
import type { Flag } from './flags.ts';
import { clusterHandlers, clusterNoteHandlers } from './handlers/cluster.ts';
import { prepareHandlers } from './handlers/prepare.ts';
import { roleHandlers } from './handlers/role.ts';
import { serveHandlers } from './handlers/serve.ts';
import { stopHandlers } from './handlers/stop.ts';
import { createServices, type Services } from './services.ts';
import { statusOf } from './status.ts';
import { factsOf } from './status-facts.ts';

function serverOf(isAdmin: boolean): (port: EndpointPort) => PostgreSQL {
  return (port) =>
    new PostgreSQL(port, { isAdmin, userName: (application) => userOf(application, isAdmin) });
}

export const charm: Charm<Flag, Services, Endpoints> = defineCharm<Flag, Services, Endpoints>({
  name: charmName,
  roles: endpoints,
  configDefaults: { ...configDefaults },
  peer: 'cluster',
  unflaggedLeaderKeys: [passwordPrefix],
  endpoints: {
    db: serverOf(false),
    'db-admin': serverOf(true),
    cluster: (port) => new ClusterPeers(port),
  },
  // Roles and storage are known, and the server stopped where it must be, before anything is served.
  handlers: [
    ...prepareHandlers,
    ...roleHandlers,
    ...clusterNoteHandlers,
    ...stopHandlers,
    ...serveHandlers,
    ...clusterHandlers,
  ],
  actions: clusterActions,
  status: (context) => statusOf(factsOf(context)),
  services: (host) => createServices(host.environment['JUJU_CHARM_DIR'] ?? '.'),
});
