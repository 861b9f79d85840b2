import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readArchive } from './read-archive.ts';
import { pack } from '../../scripts/pack.ts';

function charmTree(folder: string, seconds: number): string {
  const charm = join(folder, `charm-${seconds}`);
  mkdirSync(join(charm, 'bin'), { recursive: true });
  for (const [file, mode] of [
    ['metadata.yaml', 0o644],
    ['dispatch', 0o755],
    ['bin/node', 0o700],
  ] as const) {
    writeFileSync(join(charm, file), `content of ${file}\n`);
    chmodSync(join(charm, file), mode);
    utimesSync(join(charm, file), seconds, seconds);
  }
  return charm;
}

test('F61: the same files give the same bytes, whenever they were written, and keep their exec bit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  try {
    await pack(charmTree(folder, 1_000_000_000), join(folder, 'a.charm'));
    await pack(charmTree(folder, 1_700_000_000), join(folder, 'b.charm'));
    assert.ok(readFileSync(join(folder, 'a.charm')).equals(readFileSync(join(folder, 'b.charm'))));
    assert.deepEqual(await readArchive(join(folder, 'a.charm')), [
      { name: 'bin/node', mode: 0o100755 },
      { name: 'dispatch', mode: 0o100755 },
      { name: 'metadata.yaml', mode: 0o100644 },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('F80: the charms’ dispatch is a shell script that any /bin/sh reads', () => {
  for (const file of ['dispatch', 'salt-job-cache/dispatch']) {
    execFileSync('sh', ['-n', file]);
    assert.match(readFileSync(file, 'utf8'), /^#!\/bin\/sh\n/);
  }
});
