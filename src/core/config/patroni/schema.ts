// JSON Schema of the configuration file: which sections there are, which must be there, and of what type
// each value is. What a schema can't say is in validate.ts. Keys it does not name are left alone.

export interface Schema {
  readonly [keyword: string]: unknown;
}

const text: Schema = { type: 'string', minLength: 1 };
// YAML reads a password or a name of digits as a number.
const word: Schema = { type: ['string', 'integer'], minLength: 1 };
/** An empty or missing value is as good as no password. */
const password: Schema = { type: ['string', 'integer', 'null'] };
const flag: Schema = {
  type: ['boolean', 'string', 'integer'],
  pattern: '^(?:[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|0|1)$',
  minimum: 0,
  maximum: 1,
};
// A number may come as text with a unit; its range is checked where units are known.
const quantity: Schema = { type: ['integer', 'string'], pattern: '^\\s*[+-]?\\d' };
const texts: Schema = { type: 'array', items: { type: 'string' } };
const mapping: Schema = { type: 'object' };
const textMapping: Schema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};
const options: Schema = { type: ['object', 'array'], items: { type: ['string', 'object'] } };

function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, required };
}

const user: Schema = object({
  username: word,
  password,
  sslmode: {
    enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  },
  sslcert: text,
  sslkey: text,
  sslpassword: password,
  sslrootcert: text,
  sslcrl: text,
  sslcrldir: text,
  gssencmode: { enum: ['disable', 'prefer', 'require'] },
  channel_binding: { enum: ['disable', 'prefer', 'require'] },
  sslnegotiation: { enum: ['postgres', 'direct'] },
});

const account: Schema = object({ username: word, password: { ...word } }, ['username', 'password']);

const tlsFiles = { certfile: text, keyfile: text, keyfile_password: password } as const;

const log: Schema = object({
  type: { enum: ['plain', 'json'] },
  level: text,
  traceback_level: text,
  format: { type: ['string', 'array'], items: { type: ['string', 'object'] } },
  dateformat: { type: ['string', 'null'] },
  static_fields: mapping,
  max_queue_size: quantity,
  dir: text,
  file_num: quantity,
  file_size: quantity,
  mode: quantity,
  loggers: textMapping,
  deduplicate_heartbeat_logs: flag,
});

const restapi: Schema = object(
  {
    listen: text,
    connect_address: text,
    authentication: account,
    ...tlsFiles,
    cafile: text,
    ciphers: text,
    verify_client: { enum: ['none', 'optional', 'required'] },
    allowlist: texts,
    allowlist_include_members: flag,
    http_extra_headers: textMapping,
    https_extra_headers: textMapping,
    request_queue_size: quantity,
    thread_pool_size: quantity,
    server_tokens: text,
  },
  ['listen'],
);

const etcd: Schema = object({
  host: text,
  hosts: { type: ['string', 'array'], items: { type: 'string' }, minItems: 1, minLength: 1 },
  port: quantity,
  url: text,
  proxy: text,
  srv: text,
  srv_suffix: text,
  protocol: { enum: ['http', 'https'] },
  use_proxies: flag,
  username: word,
  password,
  cacert: text,
  cert: text,
  key: text,
});

const bootstrap: Schema = object({
  dcs: mapping,
  method: text,
  initdb: options,
  post_bootstrap: text,
  post_init: text,
  pg_hba: texts,
});

const postgresql: Schema = object(
  {
    listen: text,
    connect_address: text,
    proxy_address: text,
    data_dir: text,
    config_dir: text,
    bin_dir: { type: 'string' },
    bin_name: textMapping,
    pgpass: text,
    authentication: object(
      { superuser: user, replication: { ...user, required: ['username'] }, rewind: user },
      ['replication'],
    ),
    parameters: mapping,
    parameters_primary: mapping,
    parameters_replica: mapping,
    parameters_standby_leader: mapping,
    pg_hba: texts,
    pg_hba_primary: texts,
    pg_hba_replica: texts,
    pg_hba_standby_leader: texts,
    pg_ident: texts,
    recovery_conf: mapping,
    custom_conf: text,
    callbacks: textMapping,
    create_replica_methods: texts,
    basebackup: options,
    rewind: options,
    pg_ctl_timeout: quantity,
    use_pg_rewind: flag,
    use_slots: flag,
    use_unix_socket: flag,
    use_unix_socket_repl: flag,
    remove_data_directory_on_rewind_failure: flag,
    remove_data_directory_on_diverged_timelines: flag,
    pre_promote: text,
    before_stop: text,
  },
  ['listen', 'data_dir', 'authentication'],
);

/** Schema of the file with its environment laid over it. */
export const configFileSchema: Schema = object(
  {
    name: word,
    scope: word,
    namespace: text,
    log,
    ctl: object({
      authentication: account,
      insecure: flag,
      cacert: text,
      ...tlsFiles,
    }),
    restapi,
    bootstrap,
    etcd3: etcd,
    postgresql,
    watchdog: object({ device: text, safety_margin: quantity }),
    tags: object({
      nofailover: flag,
      noloadbalance: flag,
      clonefrom: flag,
      nosync: flag,
      nostream: flag,
      replicatefrom: { type: ['string', 'integer', 'null'] },
      failover_priority: quantity,
      sync_priority: quantity,
    }),
  },
  ['name', 'scope', 'restapi', 'postgresql'],
);
