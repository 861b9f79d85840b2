// Whom an empty member is cloned from, by name; the agent looks the member up when it acts.

export type BootstrapSource =
  | { readonly kind: 'member'; readonly name: string; readonly isLeader: boolean }
  /** The primary of the cluster that a standby cluster follows. */
  | { readonly kind: 'remote' }
  /** Only methods that need no replication connection. */
  | { readonly kind: 'none' };
