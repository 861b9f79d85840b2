// Made from metadata.yaml, config.yaml and actions.yaml by `npm run generate`; do not edit.

export const charmName = "postgresql" as const;

/** Endpoints and what they are. */
export const endpoints = {
  "db": {"role":"provides","interface":"pgsql"},
  "db-admin": {"role":"provides","interface":"pgsql"},
  "cluster": {"role":"peers","interface":"postgresql-cluster"},
} as const;

/** Options as they are when nobody set them. */
export const configDefaults: CharmConfig = {
  "version": "",
  "port": 5432,
  "locale": "C.UTF-8",
  "max-connections": 100,
  "relation-database-privileges": "ALL",
  "admin-addresses": "",
  "extra-pg-conf": "",
  "extra-pg-auth": "",
  "etcd-endpoints": "",
  "cluster-name": "",
  "ttl": 30,
  "loop-wait": 10,
  "retry-timeout": 10,
  "synchronous-mode": "off",
  "synchronous-mode-strict": false,
  "maximum-lag-on-failover": 1048576,
  "api-port": 8008,
};

export interface CharmConfig {
  readonly "version": string | null;
  readonly "port": number | null;
  readonly "locale": string | null;
  readonly "max-connections": number | null;
  readonly "relation-database-privileges": string | null;
  readonly "admin-addresses": string | null;
  readonly "extra-pg-conf": string | null;
  readonly "extra-pg-auth": string | null;
  readonly "etcd-endpoints": string | null;
  readonly "cluster-name": string | null;
  readonly "ttl": number | null;
  readonly "loop-wait": number | null;
  readonly "retry-timeout": number | null;
  readonly "synchronous-mode": string | null;
  readonly "synchronous-mode-strict": boolean | null;
  readonly "maximum-lag-on-failover": number | null;
  readonly "api-port": number | null;
}

export const actionNames = ["get-primary","show-cluster","switchover","restart","reinitialize","pause","resume","explain"] as const;
