// Secret ids: 20 characters of base 32, shaped like the xids Juju mints, and the URIs they stand in.

import { secretIdIn } from '../names.ts';
import { goQuote } from './go-quote.ts';
import { usageError } from './tool.ts';

const alphabet = '0123456789abcdefghijklmnopqrstuv';
const length = 20;

/** A new id from the randomness passed in. */
export function mintSecretId(random: () => number): string {
  let id = '';
  // The last character of an xid carries one bit only, since 12 bytes are 96 bits.
  for (let index = 0; index < length - 1; index++) id += alphabet[Math.floor(random() * 32)] ?? '0';
  return id + (random() < 0.5 ? '0' : 'g');
}

/** The bare id of a URI or of a bare id. Exit 2 for anything else. */
export function requireSecretId(text: string): string {
  const id = secretIdIn(text);
  if (id === null) throw usageError(`secret URI ${goQuote(text)} not valid`);
  return id;
}
