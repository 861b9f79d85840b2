// Members ask each other over their REST APIs: how far somebody is, whether a leader without the store is still
// accepted, and that something changed. Credentials are those of `ctl`, or else of `restapi`, as in Patroni.

import type { RequestOptions } from 'node:https';

import type { LogPort, PeersPort } from '#adapters/ports/agent-ports.ts';
import type { CtlConfig, RestApiConfig } from '#core/config/patroni/agent-config.ts';
import type { JsonObject, Member } from '#core/dcs/cluster.ts';
import { asPosition } from '#core/dcs/position.ts';
import { writeJson } from '#core/dcs/json.ts';
import type { FailsafeAnswer, PeerStatus } from '#core/ha/values.ts';
import { readPeerStatus, unreachable } from '#core/rest/peer-status.ts';
import { callPeer } from './call-peer.ts';
import type { PeerAnswer } from './call-peer.ts';
import { readTlsFiles } from './tls-files.ts';

export interface HttpPeersConfig {
  readonly ctl: CtlConfig;
  readonly restapi: RestApiConfig;
}

export interface HttpPeers extends PeersPort {
  /** Takes other credentials and reads the certificates anew. Rejects, and keeps the old, where they can't be read. */
  reload(config: HttpPeersConfig): Promise<void>;
  /** The body of an answer; rejects where there is none, or none that says 200. */
  get(url: string, timeoutMs: number): Promise<string>;
}

/** A peer that is told something and does not need to answer gets this long. */
const wakeTimeoutMs = 1000;

interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: RequestOptions;
}

/** With a certificate of our own, `insecure` leaves out the check of the peer's name only. */
function verification(isInsecure: boolean, hasCertificate: boolean): RequestOptions {
  if (!isInsecure) return { rejectUnauthorized: true };
  if (!hasCertificate) return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
}

async function readCredentials({ ctl, restapi }: HttpPeersConfig): Promise<Credentials> {
  const own = ctl.certfile === null ? restapi : ctl;
  const material = await readTlsFiles({
    certfile: own.certfile,
    keyfile: own.keyfile,
    keyfilePassword: own.keyfilePassword,
    cafile: ctl.cacert ?? restapi.cafile,
  });
  const authentication = ctl.authentication ?? restapi.authentication;
  const key =
    authentication === null
      ? null
      : Buffer.from(`${authentication.username}:${authentication.password}`).toString('base64');
  return {
    headers: { 'user-agent': 'pg-agent', ...(key !== null && { authorization: `Basic ${key}` }) },
    tls: { ...material, ...verification(ctl.isInsecure, material.cert !== undefined) },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class FetchingPeers implements HttpPeers {
  #credentials: Credentials;
  readonly #log: LogPort;

  constructor(credentials: Credentials, log: LogPort) {
    this.#credentials = credentials;
    this.#log = log;
  }

  async reload(config: HttpPeersConfig): Promise<void> {
    this.#credentials = await readCredentials(config);
  }

  async get(url: string, timeoutMs: number): Promise<string> {
    const { status, text } = await this.#call('GET', url, null, null, timeoutMs);
    if (status !== 200) throw new Error(`it answered ${status}: ${text.slice(0, 200)}`);
    return text;
  }

  async getStatus(members: readonly Member[], timeoutMs: number): Promise<readonly PeerStatus[]> {
    return Promise.all(members.map(async (member) => this.#statusOf(member, timeoutMs)));
  }

  async postFailsafe(
    members: Readonly<Record<string, string>>,
    body: JsonObject,
    timeoutMs: number,
  ): Promise<readonly FailsafeAnswer[]> {
    const text = writeJson(body);
    const asked = Object.entries(members);
    return Promise.all(
      asked.map(async ([name, apiUrl]) => this.#failsafeOf(name, apiUrl, text, timeoutMs)),
    );
  }

  wake(members: readonly Member[]): void {
    for (const { apiUrl } of members) {
      if (apiUrl === null) continue;
      // Whether it arrives or not: the peer's own watch and its loop find out as well.
      void this.#call('POST', apiUrl, '/wake', '', wakeTimeoutMs).catch(() => null);
    }
  }

  /** `path` null: the address itself. */
  async #call(
    method: 'GET' | 'POST',
    apiUrl: string,
    path: string | null,
    body: string | null,
    timeoutMs: number,
  ): Promise<PeerAnswer> {
    const url = new URL(apiUrl);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error('its API address is neither http nor https');
    }
    if (path !== null) url.pathname = path;
    const { headers, tls } = this.#credentials;
    return callPeer({ method, url, headers, body, tls, timeoutMs });
  }

  async #statusOf({ name, apiUrl }: Member, timeoutMs: number): Promise<PeerStatus> {
    if (apiUrl === null) return unreachable(name);
    try {
      const { text } = await this.#call('GET', apiUrl, null, null, timeoutMs);
      this.#log.info(`Got response from ${name} ${apiUrl}: ${text}`);
      return readPeerStatus(name, text);
    } catch (error) {
      this.#log.warning(`Request failed to ${name}: GET ${apiUrl} (${reasonOf(error)})`);
      return unreachable(name);
    }
  }

  async #failsafeOf(
    name: string,
    apiUrl: string,
    body: string,
    timeoutMs: number,
  ): Promise<FailsafeAnswer> {
    const deadlineMs = performance.now() + timeoutMs;
    let why = '';
    // The second time only within what is left: the leader waits for the slowest of its peers.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      try {
        const answer = await this.#call('POST', apiUrl, '/failsafe', body, leftMs);
        this.#log.info(`Got response from ${name} ${apiUrl}: ${answer.text}`);
        return failsafeAnswer(name, answer);
      } catch (error) {
        why = reasonOf(error);
      }
    }
    this.#log.warning(`Request failed to ${name}: POST ${apiUrl} (${why})`);
    return { name, isAccepted: false, lsn: null, why };
  }
}

function failsafeAnswer(name: string, { status, headers, text }: PeerAnswer): FailsafeAnswer {
  const isAccepted = status === 200 && text === 'Accepted';
  const { lsn } = headers;
  return {
    name,
    isAccepted,
    lsn: typeof lsn === 'string' ? asPosition(lsn) : null,
    why: isAccepted ? '' : `it answered ${status}: ${text.slice(0, 200)}`,
  };
}

/** Rejects where a certificate can't be read. */
export async function openHttpPeers(config: HttpPeersConfig, log: LogPort): Promise<HttpPeers> {
  return new FetchingPeers(await readCredentials(config), log);
}
