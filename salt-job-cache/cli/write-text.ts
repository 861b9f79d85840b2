// Writes to a stream no faster than its reader reads.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

export async function writeText(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}
