// Hashes of text and of files. The crypto module is fetched on first use, as most hooks hash nothing
// and a hook's start is measured in milliseconds.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { FileHash } from './predicates.ts';

function digest(hash: FileHash, content: string | Buffer): string {
  return process.getBuiltinModule('node:crypto').hash(hash, content);
}

/** SHA-256 of text in lower-case hexadecimal. */
export function hashText(text: string): string {
  return digest('sha256', text);
}

/** Hash of a file's content; null where there is none. Any other failure to read it is thrown. */
export function hashFile(path: string, hash: FileHash): string | null {
  try {
    return digest(hash, readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
