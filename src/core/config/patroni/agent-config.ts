// The configuration in force on one member: defaults, dynamic configuration, its file and PATRONI_*
// variables, merged as Patroni merges them. Made by merge-config.ts.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { GlobalConfig, Tags } from './global-config.ts';

/** One user of `postgresql.authentication`; connection parameters beside it go into conninfo. */
export interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
  /** sslmode, sslcert, sslkey, sslpassword, sslrootcert, sslcrl, sslcrldir, gssencmode, channel_binding, sslnegotiation. */
  readonly connection: Readonly<Record<string, string>>;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface RestApiConfig {
  /** Host may be `*` or several addresses separated by commas. */
  readonly listen: HostPort;
  readonly connectAddress: HostPort;
  /** `http` or `https`. */
  readonly protocol: 'http' | 'https';
  readonly authentication: { readonly username: string; readonly password: string } | null;
  readonly certfile: string | null;
  readonly keyfile: string | null;
  readonly keyfilePassword: string | null;
  readonly cafile: string | null;
  readonly ciphers: string | null;
  readonly verifyClient: 'none' | 'optional' | 'required';
  readonly allowlist: readonly string[];
  readonly isAllowlistIncludingMembers: boolean;
  readonly httpExtraHeaders: Readonly<Record<string, string>>;
  readonly httpsExtraHeaders: Readonly<Record<string, string>>;
  readonly requestQueueSize: number;
  readonly serverTokens: string;
}

/** What the agent itself calls peers with (`ctl:` section of Patroni). */
export interface CtlConfig {
  readonly authentication: { readonly username: string; readonly password: string } | null;
  readonly isInsecure: boolean;
  readonly cacert: string | null;
  readonly certfile: string | null;
  readonly keyfile: string | null;
  readonly keyfilePassword: string | null;
}

export interface EtcdConfig {
  /** Always `etcd3`; the section `etcd` (v2 protocol) is refused with the reason. */
  readonly hosts: readonly HostPort[];
  readonly protocol: 'http' | 'https';
  readonly isUsingProxies: boolean;
  /** Domain of DNS SRV records; null for none. */
  readonly srv: string | null;
  readonly srvSuffix: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly cacert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export interface LogConfig {
  readonly type: 'plain' | 'json';
  readonly level: string;
  readonly tracebackLevel: string;
  /** Python's logging format for `plain`; a list of fields, or of one-field renames, for `json`. */
  readonly format: string | readonly (string | Readonly<Record<string, string>>)[];
  readonly dateformat: string | null;
  readonly staticFields: Readonly<Record<string, string>>;
  readonly dir: string | null;
  readonly fileNum: number;
  readonly fileSizeBytes: number;
  /** Permissions of the files; null leaves them to the mask. */
  readonly mode: number | null;
  readonly loggers: Readonly<Record<string, string>>;
  readonly isHeartbeatDeduplicated: boolean;
}

export interface WatchdogConfig {
  readonly mode: 'off' | 'automatic' | 'required';
  readonly device: string;
  /** -1: half of the ttl. */
  readonly safetyMarginSeconds: number;
}

export interface PostgresqlConfig {
  readonly listen: HostPort;
  readonly connectAddress: HostPort;
  readonly proxyAddress: string | null;
  readonly dataDir: string;
  readonly configDir: string;
  /** Empty: programs are looked for on PATH. */
  readonly binDir: string;
  readonly binName: Readonly<Record<string, string>>;
  readonly pgpass: string;
  readonly isUsingUnixSocket: boolean;
  readonly isUsingUnixSocketRepl: boolean;
  readonly database: string;
  readonly superuser: Credentials;
  readonly replication: Credentials;
  readonly rewind: Credentials;
  readonly parameters: JsonObject;
  readonly parametersByRole: Readonly<Record<'primary' | 'replica' | 'standby_leader', JsonObject>>;
  /** Null: pg_hba.conf is left as it is. */
  readonly pgHba: readonly string[] | null;
  readonly pgHbaByRole: Readonly<
    Record<'primary' | 'replica' | 'standby_leader', readonly string[] | null>
  >;
  readonly pgIdent: readonly string[] | null;
  readonly recoveryConf: JsonObject;
  readonly customConf: string | null;
  readonly pgCtlTimeoutSeconds: number;
  readonly createReplicaMethods: readonly string[];
  /** Section of each custom replica method, and of basebackup and rewind, by name. */
  readonly methods: Readonly<Record<string, JsonObject>>;
  /** Options of the program, as a mapping, or as a list of bare names and one-key mappings. */
  readonly basebackup: JsonObject | readonly (string | JsonObject)[];
  readonly rewindOptions: JsonObject | readonly (string | JsonObject)[];
  /** Kerberos service name for connections; absent: libpq's own. */
  readonly krbsrvname?: string;
  readonly callbacks: Readonly<Partial<Record<string, string>>>;
  readonly prePromote: string | null;
  readonly beforeStop: string | null;
}

export interface BootstrapConfig {
  readonly dcs: JsonObject;
  readonly method: string;
  readonly initdb: unknown;
  /** Section of each custom method by name. */
  readonly methods: Readonly<Record<string, JsonObject>>;
  readonly postBootstrap: string | null;
  /** Lines appended to pg_hba.conf where `postgresql.pg_hba` says nothing. */
  readonly pgHba: readonly string[];
}

export interface AgentConfig {
  readonly name: string;
  readonly scope: string;
  readonly namespace: string;
  readonly global: GlobalConfig;
  readonly tags: Tags;
  readonly restapi: RestApiConfig;
  readonly ctl: CtlConfig;
  readonly etcd: EtcdConfig;
  readonly log: LogConfig;
  readonly watchdog: WatchdogConfig;
  readonly postgresql: PostgresqlConfig;
  /** Null: this member never makes a new cluster. */
  readonly bootstrap: BootstrapConfig | null;
}
