// The program of the how-to page on the library, as it stands in the text, does what the page says.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { filesMatching, root } from '../docs/pages.ts';
import { password, startServer, withJobCache } from './program/with-job-cache.ts';

test('the program on the how-to page keeps a job and shows its return', async (t) => {
  const [page] = filesMatching(['docs/how-to/use-the-job-cache-as-a-library.md']);
  const text = /^```ts\n(.*?)^```$/msu.exec(page?.text ?? '')?.[1];
  assert.ok(text !== undefined, 'there is a program on the page');
  // Below the root, where the imports that begin with # are known.
  mkdirSync(join(root, '.cache'), { recursive: true });
  const directory = mkdtempSync(join(root, '.cache/library-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const program = join(directory, 'program.ts');
  writeFileSync(program, text);
  await using server = await startServer();
  await using place = await withJobCache(server);
  const JOB_CACHE = place.conninfo().replace(` password=${password}`, '');
  assert.ok(!JOB_CACHE.includes(password));

  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
    env: { PATH: process.env['PATH'], JOB_CACHE, PGPASSWORD: password },
  });

  assert.equal(stderr, '');
  assert.equal(stdout, "web1 Map(2) { 'return' => true, 'retcode' => 0 }\n");
  assert.deepEqual(await place.sql('SELECT fun, username FROM public.jids'), [
    { fun: 'test.ping', username: 'root' },
  ]);
});
