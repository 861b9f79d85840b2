// Which texts can travel to a hook tool unchanged, and how long text is cut.

import { HookToolError } from './errors.ts';

/**
 * Longest single argument in bytes. Linux gives 128 KiB to one argument, its final NUL included
 * (MAX_ARG_STRLEN), whatever the room for all arguments together is (H151).
 */
export const argumentBytesMax = 131_071;

/**
 * Refuses text no databag, argument or secret can hold as it is: a NUL ends an argument, and half of
 * a surrogate pair becomes U+FFFD as soon as it is written as UTF-8. `place` names the value.
 * @throws HookToolError of kind `usage`
 */
export function checkText(tool: string, place: string, text: string): void {
  if (text.includes('\0')) {
    throw new HookToolError({
      kind: 'usage',
      tool,
      detail: `${place} holds a NUL character, which Juju cannot keep: encode binary values, for example as base64`,
    });
  }
  if (!text.isWellFormed()) {
    throw new HookToolError({
      kind: 'usage',
      tool,
      detail: `${place} holds half of a surrogate pair, which would arrive as U+FFFD: cut text between characters`,
    });
  }
}

/** Like `checkText`, for text that is one argument. */
export function checkArgument(tool: string, place: string, text: string): void {
  checkText(tool, place, text);
  const bytes = Buffer.byteLength(text);
  if (bytes > argumentBytesMax) {
    throw new HookToolError({
      kind: 'usage',
      tool,
      detail: `${place} is too long for one argument: found ${bytes} bytes, at most ${argumentBytesMax} are possible`,
    });
  }
}

/**
 * Cuts text into pieces of at most `limit` bytes of UTF-8, between characters, and after a line's
 * end where the second half of a piece has one. The pieces joined give the text again.
 */
export function splitText(text: string, limit: number): readonly string[] {
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  let start = 0;
  while (bytes.length - start > limit) {
    let end = start + limit;
    // A byte 10xxxxxx continues a character: step back to the character's first byte.
    while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    const line = bytes.lastIndexOf(0x0a, end - 1);
    if (line >= start + limit / 2) end = line + 1;
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  pieces.push(bytes.toString('utf8', start));
  return pieces;
}
