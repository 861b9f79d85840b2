// The installer of the tests' programs, with an apt-get that only makes empty files.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { installTools } from '../../scripts/install-tools.ts';

/** An apt-get that notes its arguments, and brings the programs; at first only once it was told to update. */
const aptGet = `#!/bin/sh
cd "$(dirname "$0")"
echo "$3 $DEBIAN_FRONTEND" >> calls
case "$3" in
  update) touch updated ;;
  install)
    if [ ! -e updated ]; then echo 'E: Unable to locate package' >&2; exit 100; fi
    for name in etcd etcdctl haproxy patronictl; do printf '' > $name; chmod +x $name; done ;;
esac
`;

function withDirectory(body: (directory: string, aptGet: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'tools-'));
  try {
    writeFileSync(join(directory, 'apt-get'), aptGet, { mode: 0o755 });
    body(directory, join(directory, 'apt-get'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('what is missing is installed, after reading the package lists where that is needed', () => {
  withDirectory((path, aptGet) => {
    assert.equal(installTools({ path, aptGet, isRoot: true }), null);
    assert.deepEqual(readFileSync(join(path, 'calls'), 'utf8').trim().split('\n'), [
      'install noninteractive',
      'update noninteractive',
      'install noninteractive',
    ]);
    assert.equal(installTools({ path, aptGet: '/nowhere', isRoot: false }), null);
  });
});

test('who may not install is told what to run, and nothing is tried', () => {
  withDirectory((path, aptGet) => {
    assert.equal(
      installTools({ path, aptGet, isRoot: false }),
      'Missing etcd, etcdctl, haproxy, patronictl: run as root: apt-get install --yes --no-install-recommends etcd-server etcd-client haproxy patroni python3-etcd',
    );
    assert.equal(existsSync(join(path, 'calls')), false);
  });
});

test('a package manager that fails, or is not there, is quoted', () => {
  withDirectory((path, aptGet) => {
    writeFileSync(aptGet, "#!/bin/sh\necho 'E: No space left' >&2\nexit 100\n", { mode: 0o755 });
    assert.match(
      installTools({ path, aptGet, isRoot: true }) ?? '',
      /apt-get update: E: No space left/u,
    );
    assert.match(installTools({ path, aptGet: '/nowhere/apt-get', isRoot: true }) ?? '', /ENOENT/u);
  });
});
