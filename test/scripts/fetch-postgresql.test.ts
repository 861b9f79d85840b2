// Fetching a later PostgreSQL: from packages that are made here, whose server only says its version.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { PrivateApt } from '../../scripts/debian/private-apt.ts';
import { fetchPostgresql, laterPostgresql } from '../../scripts/fetch-postgresql.ts';

const skip =
  spawnSync('dpkg-deb', ['--version']).status === 0 ? false : 'this machine has no dpkg-deb';

const listed = ['libc6', 'perl-base', 'libjson-perl', 'libllvm19', 'zlib1g', 'adduser', 'patchelf'];
const wanted = ['libc6', 'zlib1g', 'patchelf', 'postgresql-client-17', 'postgresql-17'];

/** The files of a server that answers `says` to everything. */
function makeServer(tree: string, says: string): void {
  const programs = join(tree, 'usr/lib/postgresql/17/bin');
  mkdirSync(programs, { recursive: true });
  mkdirSync(join(tree, 'usr/share/postgresql/17'), { recursive: true });
  for (const name of ['postgres', 'initdb', 'pg_ctl', 'pg_controldata']) {
    writeFileSync(join(programs, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  }
}

function makePackage(packages: string, says: string): void {
  const tree = join(packages, 'tree');
  makeServer(tree, says);
  mkdirSync(join(tree, 'usr/share/doc'));
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    'Package: postgresql-17\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n',
  );
  const done = spawnSync('dpkg-deb', ['-b', tree, join(packages, 'postgresql-17_1_all.deb')]);
  assert.equal(done.status, 0, done.stderr.toString());
}

interface Stage {
  readonly place: string;
  readonly told: string[];
  /** The names that were downloaded. */
  readonly downloaded: string[];
  /** Fetches with an apt whose server says this; `meanwhile` happens while it downloads. */
  run(says?: string, meanwhile?: () => void): Promise<string | null>;
}

const good = 'postgres (PostgreSQL) 17.12 (Debian 17.12-0)';

async function onStage(body: (stage: Stage) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'fetch-'));
  const place = join(directory, 'cache/postgresql-17');
  const [told, downloaded]: [string[], string[]] = [[], []];
  const makeApt = (work: string, says: string, meanwhile: () => void): PrivateApt => {
    const packages = join(work, 'packages');
    mkdirSync(packages);
    return {
      packages,
      get: ([command, ...args]) => {
        if (command === 'install') {
          const names = [...listed, 'postgresql-client-17', 'postgresql-17'];
          return names.map((name) => `'http://x/${name}' ${name}_1_all.deb 1 MD5Sum:0`).join('\n');
        }
        if (command === 'download') {
          downloaded.push(...args.filter((arg) => !arg.startsWith('-')));
          makePackage(packages, says);
          meanwhile();
        }
        return '';
      },
    };
  };
  try {
    await body({
      place,
      told,
      downloaded,
      run: async (says = good, meanwhile = () => undefined) =>
        fetchPostgresql({
          installed: join(directory, 'none'),
          place,
          makeApt: (work) => makeApt(work, says, meanwhile),
          tell: (sentence) => told.push(sentence),
        }),
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test(
  'it is brought once, of the packages it needs, and nothing is left beside it',
  { skip },
  async () => {
    await onStage(async ({ place, told, downloaded, run }) => {
      assert.equal(await run(), null);
      assert.deepEqual(downloaded, wanted);
      assert.deepEqual(readdirSync(dirname(place)), ['postgresql-17']);
      assert.deepEqual(readdirSync(join(place, 'usr/share')), ['postgresql']);
      const found = await laterPostgresql({ installed: '/nowhere', place });
      assert.equal(found?.version.text, '17.12');
      assert.equal(await run('not asked for again'), null);
      assert.equal(told.length, 1);
    });
  },
);

test('one that the machine has itself is as good', { skip }, async () => {
  await onStage(async ({ place, told }) => {
    makeServer(place, good);
    const installed = join(place, 'usr/lib/postgresql');
    const makeApt = (): never => assert.fail('nothing is to be fetched');
    const tell = (sentence: string): void => void told.push(sentence);
    assert.equal(await fetchPostgresql({ installed, place: '/nowhere', makeApt, tell }), null);
    assert.deepEqual(told, []);
  });
});

test('an apt that fails is quoted, and nothing is left', { skip }, async () => {
  await onStage(async ({ place, run }) => {
    const problem = await run(good, () => {
      throw new Error('apt-get download: no network');
    });
    assert.equal(
      problem,
      'Cannot fetch PostgreSQL 17, so the tests that need it are skipped: apt-get download: no network',
    );
    assert.deepEqual(readdirSync(dirname(place)), []);
  });
});

test(
  'one that does not run here is removed, and one that stopped running is replaced',
  { skip },
  async () => {
    await onStage(async ({ place, run }) => {
      assert.match((await run('cannot execute')) ?? '', /was fetched but does not run here/u);
      assert.deepEqual(readdirSync(dirname(place)), []);
      makeServer(place, 'cannot execute');
      assert.equal(await run(), null);
      assert.deepEqual(readdirSync(dirname(place)), ['postgresql-17']);
    });
  },
);

test('where another process was faster, its server stays', { skip }, async () => {
  await onStage(async ({ place, run }) => {
    const faster = (): void => {
      const tree = `${place}.other`;
      makeServer(tree, 'postgres (PostgreSQL) 17.13');
      cpSync(tree, place, { recursive: true });
      rmSync(tree, { recursive: true });
    };
    assert.equal(await run(good, faster), null);
    const found = await laterPostgresql({ installed: '/nowhere', place });
    assert.equal(found?.version.text, '17.13');
    assert.deepEqual(readdirSync(dirname(place)), ['postgresql-17']);
  });
});

test(
  'what a killed process left is cleared away, what a running one works on is not',
  { skip },
  async () => {
    await onStage(async ({ place, run }) => {
      const [ofDead, ofRunning] = [`${place}.new-4194399`, `${place}.new-1`];
      mkdirSync(ofDead, { recursive: true });
      mkdirSync(ofRunning);
      assert.equal(await run(), null);
      assert.deepEqual([existsSync(ofDead), existsSync(ofRunning)], [false, true]);
    });
  },
);

const fetched = await laterPostgresql({
  installed: '/nowhere',
  place: new URL('../../.cache/postgresql-17', import.meta.url).pathname,
});

test(
  'the fetched server takes the loader and the libraries it came with',
  { skip: fetched === null ? 'no later PostgreSQL was fetched' : false },
  () => {
    const programs = fetched?.binDirectory ?? '';
    const own = join(programs, '../../../..');
    for (const name of ['postgres', 'pg_basebackup', 'psql']) {
      const { stdout } = spawnSync(join(programs, name), [], {
        encoding: 'utf8',
        env: { LD_TRACE_LOADED_OBJECTS: '1' },
      });
      const libraries = stdout.split('\n').filter((line) => line.includes('/'));
      assert.ok(libraries.length > 1, `${name}: ${stdout}`);
      for (const line of libraries) assert.ok(line.includes(own), `${name} loads ${line.trim()}`);
    }
  },
);
