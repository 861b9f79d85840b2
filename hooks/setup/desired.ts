// What a hook can ask of the program `pg-setup`: one of these, as JSON on its standard input. A hook imports
// this file for its types only, so that nothing of the program gets into the hook's bundle.

export interface DesiredServer {
  /** Directory of `postgres`, `initdb` and `pg_ctl`, as the answer to `install` names it. */
  readonly binDirectory: string;
  /** Must not be a mount point itself: a cluster is built beside it and moved there. */
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly logDirectory: string;
  /** As `listen_addresses` of postgresql.conf: addresses separated by commas, `*` for all. */
  readonly listenAddress: string;
  readonly port: number;
  /** The user the server runs as. Null means `postgres` for root, and oneself for anybody else. */
  readonly runAs: { readonly name: string } | null;
  /** Whether an absent or empty data directory may become a new cluster. */
  readonly mayInitialise: boolean;
  /** Whether the server may be restarted now for parameters that need it. */
  readonly mayRestart: boolean;
  readonly clusterName: string;
  readonly locale: string;
  readonly encoding: string;
  /** What a person configured. Where it is refused, the parameters in force stay. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A relation that is served: it is let in by pg_hba.conf. */
export interface DesiredClient {
  /** `endpoint:number`, for example `db:7`. */
  readonly relation: string;
  readonly database: string;
  /** Empty while it has no user yet: it then gets no line. */
  readonly user: string;
  readonly admin: boolean;
  readonly addresses: readonly string[];
}

/** A relation to converge in SQL now. */
export interface DesiredRelation {
  readonly relation: string;
  /** Application the user is of: its relations to one endpoint share it. */
  readonly owner: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly admin: boolean;
  readonly roles: readonly string[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  /** ALL, or any of CONNECT, CREATE, TEMPORARY. */
  readonly privileges: readonly string[];
}

/** A user to shut out, as its relation is gone. */
export interface RevokedUser {
  readonly relation: string;
  readonly owner: string;
  readonly user: string;
}

export interface InstallCommand {
  readonly command: 'install';
  /** Major version, for example `15`; empty for the newest installed or the distribution's. */
  readonly version: string;
}

export interface ConvergeCommand {
  readonly command: 'converge';
  readonly server: DesiredServer;
  /** All served relations, not only those to converge now. */
  readonly clients: readonly DesiredClient[];
  readonly adminAddresses: readonly string[];
  /** Further lines of pg_hba.conf. */
  readonly extraHba: readonly string[];
  readonly access: readonly DesiredRelation[];
  readonly revoke: readonly RevokedUser[];
}

/** A user of the cluster's own agents. */
export interface AgentUser {
  readonly user: string;
  readonly password: string;
}

/** Converges access on a server that an agent runs: it is neither made, nor started, nor stopped here. */
export interface AccessCommand {
  readonly command: 'access';
  readonly server: DesiredServer;
  /** Lines of pg_hba.conf the agent was told to write; what follows waits until they are there. */
  readonly hba: readonly string[];
  readonly access: readonly DesiredRelation[];
  readonly revoke: readonly RevokedUser[];
  /** Who is to be there on the primary, for a server that was made without an agent. */
  readonly agentUsers: { readonly replication: AgentUser; readonly rewind: AgentUser };
}

export interface InspectCommand {
  readonly command: 'inspect';
  readonly server: DesiredServer;
}

export interface StopCommand {
  readonly command: 'stop';
  readonly server: DesiredServer;
}

export type SetupCommand =
  | InstallCommand
  | ConvergeCommand
  | AccessCommand
  | InspectCommand
  | StopCommand;
