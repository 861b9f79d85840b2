// Reads what the server wrote to its logs since a moment ago, to say why it did not start.

import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lastWords } from './run-program.ts';

/** How long each log was, by name, in bytes. */
export type LogMark = ReadonlyMap<string, number>;

/** No more than this is read from the end of a log, in bytes. */
const tailBytes = 16_384;

export async function readMark(logDirectory: string): Promise<LogMark> {
  const names = (await readdir(logDirectory)).filter((name) => name.endsWith('.log'));
  const sizes = names.map(async (name): Promise<[string, number]> => {
    const { size } = await stat(join(logDirectory, name));
    return [name, size];
  });
  return new Map(await Promise.all(sizes));
}

async function readFrom(path: string, position: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    // A log that got shorter was emptied since, as its weekday came again.
    const start = Math.max(size < position ? 0 : position, size - tailBytes);
    const buffer = Buffer.alloc(size - start);
    await handle.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

// Prefixes of a line (time, process) come before the severity and say nothing to a reader here.
const grave = /\b(?<words>(?:FATAL|PANIC|ERROR|HINT|LOG): {2}.*)$/u;

// PostgreSQL says what is wrong with a file, a parameter or an address with severity LOG, and only that it
// gives up with FATAL.
const telling =
  /^(?:FATAL|PANIC|ERROR|HINT: {2}(?!Future log output))|^LOG: {2}(?:.*\bparameter\b|.*\bin file\b|could not)/u;

/** What was written since the mark: the telling lines if there are any, else the last ones. */
export async function newWords(logDirectory: string, mark: LogMark): Promise<string> {
  const now = await readMark(logDirectory);
  const texts = [...now.keys()].map(async (name) =>
    readFrom(join(logDirectory, name), mark.get(name) ?? 0),
  );
  const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n'));
  const said = lines.map((line) => grave.exec(line)?.groups?.['words'] ?? '');
  const worst = said.filter((words) => telling.test(words));
  return lastWords((worst.length > 0 ? worst : lines).join('\n'));
}
