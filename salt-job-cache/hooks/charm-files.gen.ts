// Made from metadata.yaml, config.yaml and actions.yaml by `npm run generate`; do not edit.

export const charmName = "salt-job-cache" as const;

/** Endpoints and what they are. */
export const endpoints = {
  "db": {"role":"requires","interface":"pgsql"},
} as const;

/** Options as they are when nobody set them. */
export const configDefaults: CharmConfig = {
  "database": "salt",
  "roles": "",
};

export interface CharmConfig {
  readonly "database": string | null;
  readonly "roles": string | null;
}

export const actionNames = ["check","explain"] as const;
