// The errors of an etcd server, with the codes and texts that clients know it by.

export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** A request that is answered with an error and changes nothing. */
export class EtcdError extends Error {
  readonly code: number;
  constructor({ code, message }: Refusal) {
    super(message);
    this.name = 'EtcdError';
    this.code = code;
  }
}

function refusal(code: number, message: string): Refusal {
  return { code, message };
}

export const emptyKey: Refusal = refusal(3, 'etcdserver: key is not provided');
export const keyNotFound: Refusal = refusal(3, 'etcdserver: key not found');
export const valueProvided: Refusal = refusal(3, 'etcdserver: value is provided');
export const leaseProvided: Refusal = refusal(3, 'etcdserver: lease is provided');
export const tooManyOperations: Refusal = refusal(
  3,
  'etcdserver: too many operations in txn request',
);
export const duplicateKey: Refusal = refusal(3, 'etcdserver: duplicate key given in txn request');
export const leaseNotFound: Refusal = refusal(5, 'etcdserver: requested lease not found');
export const leaseExists: Refusal = refusal(9, 'etcdserver: lease already exists');
export const noAuthentication: Refusal = refusal(9, 'etcdserver: authentication is not enabled');
export const leaseTooLong: Refusal = refusal(11, 'etcdserver: too large lease TTL');
export const futureRevision: Refusal = refusal(
  11,
  'etcdserver: mvcc: required revision is a future revision',
);
export const compactedRevision: Refusal = refusal(
  11,
  'etcdserver: mvcc: required revision has been compacted',
);

/** A request whose JSON does not say what it has to. */
export function badRequest(message: string): EtcdError {
  return new EtcdError({ code: 3, message });
}

/** Status of the HTTP answer that carries an error of this code. */
export function httpStatus(code: number): number {
  if (code === 5) return 404;
  if (code === 9) return 412;
  return code === 3 || code === 11 ? 400 : 500;
}
