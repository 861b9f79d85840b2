// Patroni's defaults, each in one place.

/** Of the dynamic configuration. Seconds, bytes and counts as the names of `GlobalConfig` say. */
export const dynamicDefaults = {
  ttl: 30,
  loop_wait: 10,
  retry_timeout: 10,
  maximum_lag_on_failover: 1_048_576,
  maximum_lag_on_syncnode: -1,
  primary_start_timeout: 300,
  primary_stop_timeout: 0,
  primary_race_backoff: 0,
  max_timelines_history: 0,
  synchronous_node_count: 1,
  member_slots_ttl: 1800,
} as const;

/** Least values of the timing parameters. Patroni wants a ttl of 20; an agent that reacts to events needs less. */
export const timingMinimums = { ttl: 5, loop_wait: 1, retry_timeout: 2 } as const;

export const logFormat = '%(asctime)s %(levelname)s: %(message)s';
export const namespaceDefault = '/service';
export const postgresqlPort = 5432;
export const etcdPort = 2379;
export const watchdogDevice = '/dev/watchdog';
export const watchdogSafetyMargin = 5;

/** Keys of `postgresql` that one member decides for itself: from the dynamic configuration they are ignored. */
export const localPostgresqlKeys: ReadonlySet<string> = new Set([
  'connect_address',
  'proxy_address',
  'listen',
  'config_dir',
  'data_dir',
  'pgpass',
  'authentication',
]);

/** Connection parameters of libpq that may stand beside a user's name and password. */
export const credentialParameters: readonly string[] = [
  'sslmode',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslrootcert',
  'sslcrl',
  'sslcrldir',
  'gssencmode',
  'channel_binding',
  'sslnegotiation',
];
