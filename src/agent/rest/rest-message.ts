// Requests and answers as values, so that the same routes serve a socket and a simulation.

import { writeApiJson } from '#core/rest/api-json.ts';
import type { JsonValue } from '#core/dcs/cluster.ts';

export interface RestRequest {
  /** Upper case. */
  readonly method: string;
  /** Without the query, for example `/replica`. */
  readonly path: string;
  /** First value of each parameter that is not empty. */
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Null where the request said nothing about a body. */
  readonly body: string | null;
  /** IP address of who asks. */
  readonly peerAddress: string;
  /** A client certificate was shown and verified. */
  readonly hasClientCertificate: boolean;
  /** Aborted when who asks went away. */
  readonly signal: AbortSignal;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function text(status: number, body: string): RestResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

export function json(status: number, value: JsonValue): RestResponse {
  return jsonText(status, writeApiJson(value));
}

/** JSON that is written already. */
export function jsonText(status: number, body: string): RestResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body };
}

/** A status and nothing more, as for a probe. */
export function bare(status: number): RestResponse {
  return { status, headers: {}, body: '' };
}
