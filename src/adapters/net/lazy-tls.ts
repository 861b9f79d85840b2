// Node's TLS, loaded by the first who needs it: an agent that speaks none does without 3 MB of memory.

import type * as Https from 'node:https';
import type * as Tls from 'node:tls';

/** Cheap to call again: Node keeps what it has loaded. */
export function nodeHttps(): typeof Https {
  return process.getBuiltinModule('node:https');
}

/** The same for what is below HTTP. */
export function nodeTls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}
