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
}

export const actionNames = ["explain"] as const;
