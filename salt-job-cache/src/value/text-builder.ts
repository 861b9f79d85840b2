// Puts a long text together out of many short ones. Adding them up one by one would keep a record of every
// addition, which for a hundred million of them takes more memory than there is.

import { PythonError } from './python-error.ts';

/** What a string of this runtime holds. */
const maxLength = 0x1fff_ffe8;
const partsOfChunk = 10_000;

export class TextBuilder {
  readonly #chunks: string[] = [];
  #parts: string[] = [];
  #length = 0;

  /** @throws {PythonError} `MemoryError` where the text would be longer than a string can be */
  add(text: string): void {
    this.#length += text.length;
    if (this.#length > maxLength) {
      throw new PythonError('MemoryError', 'its text is longer than 512 MiB');
    }
    this.#parts.push(text);
    if (this.#parts.length >= partsOfChunk) this.#close();
  }

  toString(): string {
    this.#close();
    return this.#chunks.join('');
  }

  #close(): void {
    this.#chunks.push(this.#parts.join(''));
    this.#parts = [];
  }
}
