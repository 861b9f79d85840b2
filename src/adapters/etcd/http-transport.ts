// Requests to etcd over HTTP or HTTPS: the host that answered last is asked first, and when it does not
// answer in its share of the time, the next one is.

import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import { errorOf, isUnavailable } from './etcd-error.ts';
import type { HostSource } from './host-list.ts';
import { HostList } from './host-list.ts';
import type { Agents } from './http-exchange.ts';
import { openExchange, problemOf, readLines, readText } from './http-exchange.ts';
import type {
  CallOptions,
  EtcdAnswer,
  EtcdTransport,
  FailedAttempt,
  StreamOptions,
} from './transport.ts';
import { TransportError } from './transport.ts';

/** A host gets no less than this where the time allows: a busy one is not a dead one. */
const shortestAttemptMs = 1000;
/** Until a stream must have begun. */
const streamOpenMs = 5000;

export interface HttpTransportOptions {
  readonly hosts: HostSource;
  /** Hosts are proxies or are not to be replaced by what the cluster says of its members. */
  readonly areHostsFixed: boolean;
  /** Called for the first request. */
  readonly agents: () => Promise<Agents>;
  readonly clock: ClockPort;
}

export class HttpTransport implements EtcdTransport {
  readonly #options: HttpTransportOptions;
  readonly #hosts: HostList;
  readonly #streams = new Map<Limit, string>();
  #agents: Promise<Agents> | null = null;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#hosts = new HostList(options.hosts, options.areHostsFixed);
  }

  async call(path: string, body: object | null, options: CallOptions): Promise<EtcdAnswer> {
    const { clock } = this.#options;
    const end = clock.monotonicMs() + options.timeoutMs;
    const failed: FailedAttempt[] = [];
    const hosts = await this.#findHosts(options.timeoutMs, options.signal);
    if (hosts.length === 0) throw new TransportError([noHosts]);
    for (const [at, host] of hosts.entries()) {
      const leftMs = end - clock.monotonicMs();
      if (leftMs <= 0) break;
      // A host that is alone keeps half of the time for a second attempt.
      const shares = Math.max(hosts.length - at, hosts.length === 1 ? 2 : 1);
      const timeoutMs = Math.min(leftMs, Math.max(shortestAttemptMs, leftMs / shares));
      const answer = await this.#attempt(host, path, body, { ...options, timeoutMs });
      options.signal.throwIfAborted();
      if (!('problem' in answer)) {
        this.#hosts.answered(host);
        return answer;
      }
      failed.push(answer);
      this.#hosts.failed(host);
      this.#breakStreams(host);
    }
    // Members may have moved: their names are looked up meanwhile, for the next round.
    void this.#hosts.refresh().catch(() => {
      // The hosts known so far stay, and the round after the next one looks again.
    });
    throw new TransportError(failed);
  }

  async #attempt(
    host: string,
    path: string,
    body: object | null,
    { timeoutMs, signal, token }: CallOptions,
  ): Promise<EtcdAnswer | FailedAttempt> {
    const limit = this.#limit(timeoutMs, signal);
    try {
      const response = await openExchange({
        url: `${host}${path}`,
        body: body === null ? null : JSON.stringify(body),
        token,
        agents: await this.#loadAgents(),
        signal: limit.signal,
      });
      const text = await readText(response);
      const answer = { status: response.statusCode ?? 0, body: parseAnswer(text) };
      if (answer.body === undefined) {
        const found = JSON.stringify(text.slice(0, 60));
        return {
          host,
          problem: `answered with HTTP status ${answer.status} and no JSON: ${found}`,
        };
      }
      const error = errorOf(answer);
      return error !== null && isUnavailable(error)
        ? { host, problem: `answered "${error.message}"` }
        : answer;
    } catch (error) {
      return { host, problem: problemOf(error, limit.signal) };
    } finally {
      limit.clear();
    }
  }

  async stream(
    path: string,
    body: object,
    onMessage: (message: unknown) => void,
    { signal, token }: StreamOptions,
  ): Promise<void> {
    const [host] = await this.#findHosts(streamOpenMs, signal);
    if (host === undefined) throw new TransportError([noHosts]);
    const limit = this.#limit(streamOpenMs, signal);
    this.#streams.set(limit, host);
    try {
      const response = await openExchange({
        url: `${host}${path}`,
        body: JSON.stringify(body),
        token,
        agents: await this.#loadAgents(),
        signal: limit.signal,
      });
      limit.stopTimer();
      await readLines(response, (line) => {
        const message = parseAnswer(line);
        if (message === undefined) throw new Error('sent a line that is no JSON');
        onMessage(message);
      });
    } catch (error) {
      signal.throwIfAborted();
      this.#hosts.failed(host);
      throw new TransportError([{ host, problem: problemOf(error, limit.signal) }]);
    } finally {
      this.#streams.delete(limit);
      limit.clear();
    }
  }

  learnHosts(urls: readonly string[]): void {
    this.#hosts.learn(urls);
  }

  close(): void {
    for (const [limit] of this.#streams) limit.abort(new Error('was left'));
    void this.#closeAgents();
  }

  async #closeAgents(): Promise<void> {
    // Where they could not be made there is nothing to let go.
    const agents = await this.#agents?.catch(() => null);
    agents?.destroy();
  }

  /** A stream from a host that does not answer requests may be dead without a sign of it. */
  #breakStreams(host: string): void {
    for (const [limit, from] of this.#streams) {
      if (from === host) limit.abort(new Error('stopped answering other requests'));
    }
  }

  async #loadAgents(): Promise<Agents> {
    this.#agents ??= this.#options.agents();
    try {
      return await this.#agents;
    } catch (error) {
      // So that files that come to be there later are read.
      this.#agents = null;
      throw error;
    }
  }

  /** The hosts in order; looking them up in DNS takes no longer than this either. */
  async #findHosts(timeoutMs: number, signal: AbortSignal): Promise<readonly string[]> {
    const limit = this.#limit(timeoutMs, signal);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const end = (): void => reject(new TransportError([slowNames]));
    limit.signal.addEventListener('abort', end);
    try {
      return await Promise.race([this.#hosts.inOrder(), ended]);
    } finally {
      limit.signal.removeEventListener('abort', end);
      limit.clear();
    }
  }

  #limit(timeoutMs: number, signal: AbortSignal): Limit {
    const controller = new AbortController();
    const follow = (): void => controller.abort(signal.reason);
    const timer = this.#options.clock.after(timeoutMs, () => {
      controller.abort(new Error(`gave no answer within ${(timeoutMs / 1000).toFixed(1)} s`));
    });
    if (signal.aborted) follow();
    signal.addEventListener('abort', follow);
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      stopTimer: () => timer.cancel(),
      clear: () => {
        timer.cancel();
        signal.removeEventListener('abort', follow);
      },
    };
  }
}

/** A signal that is aborted after a time, by another signal, or by hand. */
interface Limit {
  readonly signal: AbortSignal;
  readonly abort: (reason: Error) => void;
  readonly stopTimer: () => void;
  /** To be called once it is of no use any more. */
  readonly clear: () => void;
}

const slowNames: FailedAttempt = {
  host: 'DNS',
  problem: 'gave no answer about the SRV records of etcd3.srv',
};

const noHosts: FailedAttempt = {
  host: 'etcd',
  problem: 'has no known host: neither etcd3.hosts nor the SRV records of etcd3.srv name one',
};

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
