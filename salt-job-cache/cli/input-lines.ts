// Lines of a stream of bytes, of any length up to a limit, each read only when it is asked for.

const newline = 0x0a;

export type InputLine =
  | { readonly kind: 'text'; readonly text: string }
  /** No UTF-8, or longer than the limit; the lines after it are read all the same. */
  | { readonly kind: 'unreadable'; readonly problem: string };

function lineOf(parts: readonly Uint8Array[], length: number, limit: number): InputLine {
  if (length > limit) {
    return { kind: 'unreadable', problem: `it is longer than ${limit} bytes` };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return { kind: 'text', text };
  } catch {
    return { kind: 'unreadable', problem: 'it is not UTF-8' };
  }
}

/** What stands behind the last newline is a line as well, where there is anything. */
export async function* inputLines(
  source: AsyncIterable<Uint8Array | string>,
  limit: number,
): AsyncGenerator<InputLine, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const keep = (bytes: Uint8Array): void => {
    length += bytes.length;
    // What is over the limit is counted and forgotten.
    if (length <= limit) parts.push(bytes);
    else parts = [];
  };
  const take = (): InputLine => {
    const line = lineOf(parts, length, limit);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of source) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
      keep(bytes.subarray(from, at));
      yield take();
      from = at + 1;
    }
    if (from < bytes.length) keep(bytes.subarray(from));
  }
  if (length > 0) yield take();
}
