// The flags of this charm. One that is not here does not compile.

import type { EndpointFlags } from '#charm/reactive/reactive.ts';

/** The endpoints that hand out databases. */
export type ServerEndpoint = 'db' | 'db-admin';

export type Flag =
  /** The server's programs are on the machine. */
  | 'postgresql.installed'
  /** This unit runs the primary; decided before the hook began, so a claim made in it does not count. */
  | 'postgresql.is_primary'
  /** Some unit was chosen to run the primary. */
  | 'postgresql.has_primary'
  /** Every unit runs an agent, and etcd keeps which of them leads; otherwise there is a single server. */
  | 'postgresql.clustered'
  /** The leader chose the passwords of the cluster's own users. */
  | 'postgresql.has_agent_passwords'
  /** The unit is stopping: the server stays down. */
  | 'postgresql.stopping'
  /** What the server is to be like may have changed: look again. */
  | 'postgresql.look_again'
  /** What users of clients may do has changed: grant it to all of them again. */
  | 'postgresql.grant_again'
  | `${ServerEndpoint}.${'database' | 'roles' | 'extensions'}.requested`
  | `${ServerEndpoint}.addresses.changed`
  | `${ServerEndpoint}.departed`
  | EndpointFlags<ServerEndpoint | 'cluster'>;
