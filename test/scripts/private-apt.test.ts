// The apt of its own directory: the real apt-get, on a repository in a directory.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { privateApt } from '../../scripts/debian/private-apt.ts';

const skip =
  spawnSync('apt-get', ['--version']).status === 0 ? false : 'this machine has no apt-get';

function withDirectory(body: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'private-apt-'));
  // Where root starts it, apt reads as a user of its own.
  chmodSync(directory, 0o755);
  try {
    body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function emptyDirectory(...parts: readonly string[]): string {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

test('packages nobody signed are not believed', { skip }, () => {
  withDirectory((directory) => {
    const mirror = emptyDirectory(directory, 'mirror');
    const release = emptyDirectory(mirror, 'dists/later');
    emptyDirectory(release, 'main/binary-amd64');
    writeFileSync(join(release, 'Release'), 'Suite: later\nCodename: later\nComponents: main\n');
    writeFileSync(join(release, 'main/binary-amd64/Packages'), '');
    const apt = privateApt(emptyDirectory(directory, 'apt'), 'later', {
      uri: `file:${mirror}`,
      signedBy: null,
    });
    assert.throws(
      () => apt.get(['update', '-qq'], 20_000),
      /^Error: apt-get update: E:.*not signed/u,
    );
  });
});

test('it knows nothing of what the machine has or takes packages from', { skip }, () => {
  withDirectory((directory) => {
    const apt = privateApt(emptyDirectory(directory, 'apt'), 'later', {
      uri: 'file:/nowhere',
      signedBy: '/keys.gpg',
    });
    const asked = apt.get(['update', '--print-uris'], 20_000).trim().split('\n');
    assert.deepEqual(
      asked.filter((line) => !line.startsWith("'file:/nowhere/")),
      [],
    );
    const sources = readFileSync(join(directory, 'apt/sources.list'), 'utf8');
    assert.equal(sources, 'deb [signed-by=/keys.gpg] file:/nowhere later main\n');
    assert.throws(() => apt.get(['download', 'base-files'], 20_000), /base-files/u);
  });
});

test('an apt that says nothing for too long is ended', () => {
  withDirectory((directory) => {
    const file = join(directory, 'apt-get');
    writeFileSync(file, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const mirror = { uri: 'file:/nowhere', signedBy: null };
    const apt = privateApt(emptyDirectory(directory, 'apt'), 'later', mirror, file);
    assert.throws(() => apt.get(['update'], 50), /apt-get update: took longer than 0.05 s/u);
  });
});

test('its settings take nothing over that would believe unsigned packages', () => {
  withDirectory((directory) => {
    const place = emptyDirectory(directory, 'apt');
    privateApt(place, 'later', { uri: 'file:/nowhere', signedBy: null });
    assert.doesNotMatch(
      readFileSync(join(place, 'apt.conf'), 'utf8'),
      /Allow(?:Insecure|Weak|Un)/u,
    );
  });
});
