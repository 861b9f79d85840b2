// A configuration file without a fault, for tests that break it.

export const usableFile = `
scope: main
name: pg-1
restapi:
  listen: 10.0.0.1:8008
  connect_address: 10.0.0.1:8008
etcd3:
  hosts: [10.0.0.5:2379]
bootstrap:
  dcs:
    ttl: 30
postgresql:
  listen: 10.0.0.1:5432
  connect_address: 10.0.0.1:5432
  data_dir: /data
  authentication:
    superuser: {username: postgres, password: super-secret-1}
    replication: {username: rep, password: super-secret-2}
  parameters:
    log_checkpoints: on
`;
