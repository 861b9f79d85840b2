// How requests reach etcd: the seam at which a simulation puts an etcd in memory in the place of the network.

/** What an etcd answered, whatever the status; the body is JSON already parsed. */
export interface EtcdAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface CallOptions {
  /** Within this time all attempts on all hosts end. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Of authentication; null for none. */
  readonly token: string | null;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly token: string | null;
}

export interface EtcdTransport {
  /**
   * Sends a request to one host after the other until one of them answers in earnest. A null body is a GET.
   * Rejects with `TransportError` when none did.
   */
  call(path: string, body: object | null, options: CallOptions): Promise<EtcdAnswer>;
  /** One JSON value after the other, until the other side ends; rejects when the connection breaks. */
  stream(
    path: string,
    body: object,
    onMessage: (message: unknown) => void,
    options: StreamOptions,
  ): Promise<void>;
  /** Addresses the cluster's members give as theirs; ignored where the hosts are fixed. */
  learnHosts(urls: readonly string[]): void;
  close(): void;
}

/** One host that was tried, and what came of it, in words. */
export interface FailedAttempt {
  readonly host: string;
  readonly problem: string;
}

/** No host answered. Whether the request was carried out is not known. */
export class TransportError extends Error {
  readonly attempts: readonly FailedAttempt[];
  constructor(attempts: readonly FailedAttempt[]) {
    super(
      attempts.length === 0
        ? 'there was no time left to ask any host'
        : attempts.map(({ host, problem }) => `${host} ${problem}`).join('; '),
    );
    this.name = 'TransportError';
    this.attempts = attempts;
  }
}
