// A directory for one test, gone when the test is over.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pg-agent-config-'));
  t.after(async () => {
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

/** Writes the text to a file of that name in a directory of its own; returns its path. */
export async function temporaryFile(t: TestContext, name: string, text: string): Promise<string> {
  const path = join(await temporaryDirectory(t), name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
