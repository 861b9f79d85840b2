// The operations of etcd v3 over its JSON gateway, and the token that authentication asks for.

import type { EtcdKeyValue, Fields } from './answers.ts';
import {
  asFields,
  asInt64,
  asItems,
  endOfPrefix,
  headerRevision,
  nonsense,
  readKeyValue,
  toBase64,
} from './answers.ts';
import type { Deadline } from './deadline.ts';
import type { EtcdError } from './etcd-error.ts';
import { errorOf, isAuthenticationOff, isTokenRefused, isUnavailable } from './etcd-error.ts';
import type { EtcdTransport } from './transport.ts';
import { TransportError } from './transport.ts';
import { currentPrefix, pathPrefixOf } from './version-prefix.ts';

export interface Put {
  readonly key: string;
  readonly value: string;
  /** Empty for none. */
  readonly lease: string;
}

export type Compare =
  | { readonly target: 'value'; readonly key: string; readonly value: string }
  | { readonly target: 'lease'; readonly key: string; readonly lease: string }
  | { readonly target: 'absent'; readonly key: string }
  | { readonly target: 'revision'; readonly key: string; readonly modRevision: string };

export type TxnStep =
  | ({ readonly kind: 'put' } & Put)
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'get'; readonly key: string };

export interface TxnAnswer {
  readonly isSucceeded: boolean;
  readonly revision: string;
  /** Found by the `get` steps that were run; null for a key that is absent. */
  readonly found: readonly (EtcdKeyValue | null)[];
}

export interface GatewayOptions {
  readonly transport: EtcdTransport;
  readonly username: string | null;
  readonly password: string | null;
}

export class EtcdGateway {
  readonly #transport: EtcdTransport;
  readonly #username: string | null;
  readonly #password: string | null;
  #prefix: string | null = null;
  #token: string | null = null;
  #isAuthenticated = false;

  constructor({ transport, username, password }: GatewayOptions) {
    this.#transport = transport;
    this.#username = username;
    this.#password = password;
  }

  /** All keys that begin with the prefix, at one revision, as of now. */
  async getPrefix(
    prefix: string,
    deadline: Deadline,
  ): Promise<{ readonly revision: string; readonly keys: readonly EtcdKeyValue[] }> {
    const body = await this.#call(
      '/kv/range',
      { key: toBase64(prefix), range_end: endOfPrefix(prefix) },
      deadline,
    );
    return { revision: headerRevision(body), keys: asItems(body['kvs']).map(readKeyValue) };
  }

  /** The revision of the store after it. */
  async put(step: Put, deadline: Deadline): Promise<string> {
    return headerRevision(await this.#call('/kv/put', putFields(step), deadline));
  }

  async delete(key: string, deadline: Deadline): Promise<void> {
    headerRevision(await this.#call('/kv/deleterange', { key: toBase64(key) }, deadline));
  }

  async txn(
    compare: readonly Compare[],
    success: readonly TxnStep[],
    failure: readonly TxnStep[],
    deadline: Deadline,
  ): Promise<TxnAnswer> {
    const body = await this.#call(
      '/kv/txn',
      {
        compare: compare.map(compareFields),
        success: success.map(stepFields),
        failure: failure.map(stepFields),
      },
      deadline,
    );
    return {
      isSucceeded: body['succeeded'] === true,
      revision: headerRevision(body),
      found: asItems(body['responses']).flatMap((response) => {
        const range = asFields(response)['response_range'];
        if (range === undefined) return [];
        const [first] = asItems(asFields(range)['kvs']);
        return [first === undefined ? null : readKeyValue(first)];
      }),
    };
  }

  async grantLease(
    ttlSeconds: number,
    deadline: Deadline,
  ): Promise<{ readonly id: string; readonly ttlSeconds: number }> {
    const body = await this.#call('/lease/grant', { TTL: String(ttlSeconds) }, deadline);
    const id = asInt64(body['ID']);
    if (id === '0') throw nonsense('the id of a lease');
    return { id, ttlSeconds: Number(asInt64(body['TTL'])) };
  }

  /** Seconds the lease now lasts; 0 where there is none of that id any more. */
  async keepLeaseAlive(id: string, deadline: Deadline): Promise<number> {
    const body = await this.#call('/lease/keepalive', { ID: id }, deadline);
    const result = asFields(body['result']);
    headerRevision(result);
    return Math.max(0, Number(asInt64(result['TTL'])));
  }

  async revokeLease(id: string, deadline: Deadline): Promise<void> {
    await this.#call('/lease/revoke', { ID: id }, deadline);
  }

  /** Addresses for clients that the members of etcd give as theirs. */
  async memberUrls(deadline: Deadline): Promise<readonly string[]> {
    const body = await this.#call('/cluster/member/list', {}, deadline);
    return asItems(body['members']).flatMap((member) =>
      asItems(asFields(member)['clientURLs']).filter((url) => typeof url === 'string'),
    );
  }

  /**
   * Watches all keys that begin with the prefix, from the revision on or from now, until etcd ends the stream.
   * Throws what a message says went wrong.
   */
  async watch(
    prefix: string,
    startRevision: string | null,
    onMessage: (result: Fields) => void,
    deadline: Deadline,
  ): Promise<void> {
    const request = {
      key: toBase64(prefix),
      range_end: endOfPrefix(prefix),
      ...(startRevision === null ? {} : { start_revision: startRevision }),
    };
    const pathPrefix = await this.#pathPrefix(deadline);
    await this.#authenticate(deadline);
    await this.#transport.stream(
      `${pathPrefix}/watch`,
      { create_request: request },
      (message) => {
        const error = errorOf({ status: 200, body: message });
        if (error !== null) throw this.#noted(error);
        onMessage(asFields(asFields(message)['result']));
      },
      { signal: deadline.signal, token: this.#token },
    );
  }

  async #call(path: string, body: object, deadline: Deadline): Promise<Fields> {
    const pathPrefix = await this.#pathPrefix(deadline);
    await this.#authenticate(deadline);
    const first = await this.#send(`${pathPrefix}${path}`, body, deadline);
    if (!first.error) return first.body;
    // The token has run out, or etcd was restarted and knows it no more: once with another.
    if (!isTokenRefused(this.#noted(first.error)) || this.#username === null) throw first.error;
    await this.#authenticate(deadline);
    const second = await this.#send(`${pathPrefix}${path}`, body, deadline);
    if (second.error) throw this.#noted(second.error);
    return second.body;
  }

  async #send(
    path: string,
    body: object | null,
    deadline: Deadline,
  ): Promise<{ readonly error: EtcdError | null; readonly body: Fields }> {
    const answer = await this.#transport
      .call(path, body, {
        timeoutMs: deadline.leftMs(),
        signal: deadline.signal,
        token: this.#token,
      })
      .catch((error: unknown) => {
        if (this.#prefix !== currentPrefix) this.#prefix = null;
        throw error;
      });
    const error = errorOf(answer);
    if (error !== null && isUnavailable(error)) {
      throw new TransportError([{ host: 'etcd', problem: `answered "${error.message}"` }]);
    }
    return { error, body: asFields(answer.body) };
  }

  /** A refused token is forgotten, so that the next request asks for another. */
  #noted(error: EtcdError): EtcdError {
    if (isTokenRefused(error)) {
      this.#isAuthenticated = false;
      this.#token = null;
    }
    return error;
  }

  async #authenticate(deadline: Deadline): Promise<void> {
    if (this.#isAuthenticated || this.#username === null || this.#password === null) return;
    const { error, body } = await this.#send(
      `${await this.#pathPrefix(deadline)}/auth/authenticate`,
      { name: this.#username, password: this.#password },
      deadline,
    );
    if (error !== null && !isAuthenticationOff(error)) throw error;
    const token = body['token'];
    this.#token = error === null && typeof token === 'string' ? token : null;
    this.#isAuthenticated = true;
  }

  /** Found out once; again after a failure as long as it is one that a later version no longer serves. */
  async #pathPrefix(deadline: Deadline): Promise<string> {
    if (this.#prefix !== null) return this.#prefix;
    const { error, body } = await this.#send('/version', null, deadline);
    if (error !== null) throw error;
    this.#prefix = pathPrefixOf(body['etcdcluster'], body['etcdserver']);
    return this.#prefix;
  }
}

function putFields({ key, value, lease }: Put): Fields {
  return {
    key: toBase64(key),
    value: toBase64(value),
    ...(lease === '' ? {} : { lease }),
  };
}

function stepFields(step: TxnStep): Fields {
  switch (step.kind) {
    case 'put':
      return { request_put: putFields(step) };
    case 'delete':
      return { request_delete_range: { key: toBase64(step.key) } };
    case 'get':
    default:
      return { request_range: { key: toBase64(step.key) } };
  }
}

function compareFields(compare: Compare): Fields {
  const key = toBase64(compare.key);
  switch (compare.target) {
    case 'value':
      return { target: 'VALUE', result: 'EQUAL', key, value: toBase64(compare.value) };
    case 'lease':
      return { target: 'LEASE', result: 'EQUAL', key, lease: compare.lease };
    case 'absent':
      return { target: 'CREATE', result: 'EQUAL', key, create_revision: '0' };
    case 'revision':
    default:
      return { target: 'MOD', result: 'EQUAL', key, mod_revision: compare.modRevision };
  }
}
