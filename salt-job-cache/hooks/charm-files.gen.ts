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
  "keep-jobs-seconds": 86400,
  "keep-jobs": 0,
  "keep-events-seconds": 86400,
  "partitions": false,
  "record-events": false,
  "event-tags": "",
  "ingest-events": false,
  "master-job-cache": true,
  "compatible-rows": false,
  "master-config": "/etc/salt/master.d",
  "master-id": "",
  "salt-user": "salt",
  "restart-master": false,
  "event-socket": "/var/run/salt/master/master_event_pub.ipc",
  "spool-limit-mb": 4096,
};

export interface CharmConfig {
  readonly "database": string | null;
  readonly "roles": string | null;
  readonly "keep-jobs-seconds": number | null;
  readonly "keep-jobs": number | null;
  readonly "keep-events-seconds": number | null;
  readonly "partitions": boolean | null;
  readonly "record-events": boolean | null;
  readonly "event-tags": string | null;
  readonly "ingest-events": boolean | null;
  readonly "master-job-cache": boolean | null;
  readonly "compatible-rows": boolean | null;
  readonly "master-config": string | null;
  readonly "master-id": string | null;
  readonly "salt-user": string | null;
  readonly "restart-master": boolean | null;
  readonly "event-socket": string | null;
  readonly "spool-limit-mb": number | null;
}

export const actionNames = ["check","list-jobs","show-job","clean","stats","export","explain"] as const;
