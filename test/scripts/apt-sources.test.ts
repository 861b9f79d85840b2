// Finding the mirror of a machine in what its apt is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { debianMirror, readListFile, readSourcesFile } from '../../scripts/debian/apt-sources.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

test('a file of paragraphs gives a source for each that is on', () => {
  const text = `# Of the image
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm
 bookworm-updates
# between
Components: main
Signed-By: ${keyring}

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.test/debian
Suites: trixie
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDME
`;
  assert.deepEqual(readSourcesFile(text), [
    {
      uris: ['http://mirror.test/debian'],
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main'],
      signedBy: keyring,
    },
    {
      uris: ['http://inline.test/debian'],
      suites: ['trixie'],
      components: ['main', 'contrib'],
      signedBy: null,
    },
  ]);
});

test('a file of lines gives a source for each line of binary packages', () => {
  const text = `deb [arch=amd64 signed-by=${keyring}] http://mirror.test/debian bookworm main contrib # near
#deb http://off.test/debian bookworm main
deb-src http://source.test/debian bookworm main
deb http://plain.test/debian bookworm main
`;
  assert.deepEqual(readListFile(text), [
    {
      uris: ['http://mirror.test/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      signedBy: keyring,
    },
    {
      uris: ['http://plain.test/debian'],
      suites: ['bookworm'],
      components: ['main'],
      signedBy: null,
    },
  ]);
});

test('the mirror is where the release itself comes from, not who else has packages for it', () => {
  const others = readListFile(`deb cdrom:[debian]/ bookworm main
deb http://tools.test/apt bookworm main
deb http://containers.test/linux/debian bookworm stable
deb http://security.test/debian-security bookworm-security main
`);
  assert.equal(debianMirror(others, 'bookworm'), null);
  const mirror = readListFile('deb http://mirror.test/debian bookworm main');
  const found = { uri: 'http://mirror.test/debian', signedBy: null };
  assert.deepEqual(debianMirror([...others, ...mirror], 'bookworm'), found);
  assert.equal(debianMirror(mirror, 'noble'), null);
});

test('no text makes them throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      readListFile(`deb ${text}`);
      readSourcesFile(`Types: deb\n${text}`);
    }),
  );
});
