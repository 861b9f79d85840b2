// Reads the JSON object in the body of a request.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { parseJsonObject } from '#core/dcs/json.ts';
import { text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

export type BodyReading =
  | { readonly kind: 'object'; readonly value: JsonObject }
  | { readonly kind: 'answer'; readonly answer: RestResponse };

/** `isOptional`: no body at all counts as an empty object; otherwise an object without keys is refused too. */
export function readBody(request: RestRequest, isOptional: boolean): BodyReading {
  const { body } = request;
  if (isOptional && (body === null || body === '')) return { kind: 'object', value: {} };
  if (body === null) {
    return { kind: 'answer', answer: text(411, 'The request needs a body and its Content-Length') };
  }
  const value = parseJsonObject(body);
  if (value === null) {
    return { kind: 'answer', answer: text(400, 'The body of the request is to be a JSON object') };
  }
  if (!isOptional && Object.keys(value).length === 0) {
    return { kind: 'answer', answer: text(400, 'The JSON object of the request says nothing') };
  }
  return { kind: 'object', value };
}
