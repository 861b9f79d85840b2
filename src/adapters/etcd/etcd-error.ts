// Errors as etcd tells them, and which of them another host or another moment may mend.

import type { EtcdAnswer } from './transport.ts';

/** Numbers of gRPC's status codes. */
const code = {
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Etcd refused a request. Nothing of it was carried out. */
export class EtcdError extends Error {
  readonly code: number;
  constructor(message: string, grpcCode: number) {
    super(message);
    this.name = 'EtcdError';
    this.code = grpcCode;
  }
}

/** What the answer says went wrong; null where it is no error. */
export function errorOf(answer: EtcdAnswer): EtcdError | null {
  const body = fieldsOf(answer.body);
  if (answer.status < 400 && body['error'] === undefined) return null;
  // On streams the error is an object of its own; there and in later versions `error` may be missing.
  const nested = fieldsOf(body['error']);
  const words = [nested['message'], body['error'], body['message']].find(
    (text) => typeof text === 'string' && text !== '',
  );
  const number = [nested['grpc_code'], body['code']].find((value) => typeof value === 'number');
  return new EtcdError(
    typeof words === 'string' ? words : `HTTP status ${answer.status}`,
    typeof number === 'number' ? number : codeOfStatus(answer.status),
  );
}

function codeOfStatus(status: number): number {
  if (status === 401) return code.unauthenticated;
  if (status === 403) return code.permissionDenied;
  return status >= 500 ? code.unavailable : code.unknown;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The host can't serve at the moment: it has no leader, is too slow, or is going down. */
export function isUnavailable(error: EtcdError): boolean {
  return (
    [code.deadlineExceeded, code.aborted, code.internal, code.unavailable].some(
      (one) => one === error.code,
    ) || /no leader|leader changed|request timed out|too many requests|stopped/u.test(error.message)
  );
}

export function isLeaseNotFound(error: unknown): boolean {
  return error instanceof EtcdError && /requested lease not found/u.test(error.message);
}

/** The token is missing, has run out, or is of before a change of users. */
export function isTokenRefused(error: EtcdError): boolean {
  return (
    error.code === code.unauthenticated ||
    /invalid auth token|user name is empty|auth store is old/u.test(error.message)
  );
}

export function isAuthenticationOff(error: unknown): boolean {
  return error instanceof EtcdError && /authentication is not enabled/u.test(error.message);
}

/** What a person can do about a refusal; empty where the words of etcd have to do. */
export function hintFor(error: EtcdError): string {
  if (/permission denied/u.test(error.message)) {
    return "Grant the user a role that may read and write the cluster's prefix: etcdctl role grant-permission ROLE readwrite --prefix=true PREFIX";
  }
  if (/user name is empty/u.test(error.message)) {
    return 'This etcd wants a user: set etcd3.username and etcd3.password';
  }
  if (/authentication failed/u.test(error.message)) {
    return 'Check etcd3.username and etcd3.password';
  }
  if (/database space exceeded/u.test(error.message)) {
    return 'Compact and defragment etcd, then disarm its alarm: etcdctl alarm disarm';
  }
  return 'Look into the log of etcd';
}
