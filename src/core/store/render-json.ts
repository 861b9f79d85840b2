// Writes the gateway's JSON answers: 64-bit integers as texts, bytes in base64, and zero values left out.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { encodeBase64 } from './base64.ts';
import type { EtcdSettings, KeyValue } from './etcd-state.ts';

/** Without fields whose value is zero, empty or false, as grpc-gateway leaves them out. */
export function withoutZeros(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && !isZero(value)) kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

function isZero(value: JsonValue): boolean {
  return (
    value === null ||
    value === false ||
    value === '' ||
    value === '0' ||
    (Array.isArray(value) && value.length === 0)
  );
}

export function renderHeader(settings: EtcdSettings, revision: number): JsonObject {
  return withoutZeros({
    cluster_id: settings.clusterId,
    member_id: settings.memberId,
    revision: String(revision),
    raft_term: String(settings.raftTerm),
  });
}

export function renderKeyValue(kv: KeyValue): JsonObject {
  return withoutZeros({
    key: encodeBase64(kv.key),
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    value: encodeBase64(kv.value),
    lease: String(kv.lease),
  });
}
