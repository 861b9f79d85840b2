// What may be put in place of a slot: only what is the slot that is wanted, whole and alive.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import { checkCopy } from '#core/slots/check-copy.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { logicalOf, wantedLogical } from './samples.ts';
import { fileOfServer, sealedCopy } from './state-files.ts';

const wanted = wantedLogical('ls', 800, { database: 'postgres', plugin: 'test_decoding' });

function fetched(more: Partial<FetchedSlot['slot']> = {}, state?: Uint8Array): FetchedSlot {
  const slot = logicalOf('ls', 500, { database: 'postgres', plugin: 'test_decoding', ...more });
  return { slot, state: state ?? fileOfServer('logical') };
}

function refusal(of: FetchedSlot): string {
  const checked = checkCopy(wanted, of);
  return checked.kind === 'refuse' ? checked.why : 'copied';
}

test('a slot that is the one wanted is copied byte by byte', () => {
  assert.deepEqual(checkCopy(wanted, fetched()), {
    kind: 'copy',
    name: 'ls',
    state: fileOfServer('logical'),
    restartLsn: lsnOf(0x15007c8),
  });
});

test('AT-17: a damaged file is refused before anything is stopped', () => {
  const damaged = fileOfServer('logical');
  damaged[120] = 1;
  assert.match(refusal(fetched({}, damaged)), /checksum/u);
  assert.match(refusal(fetched({}, damaged.subarray(0, 150))), /counts 184 bytes/u);
});

test('another database or plugin than configured is refused, with both in the message', () => {
  assert.equal(
    refusal(fetched({ plugin: 'pgoutput' })),
    'Will not copy the logical slot "ls" due to the configuration mismatch: ' +
      'configuration={database: postgres, plugin: test_decoding}, ' +
      'slot on the primary={database: postgres, plugin: pgoutput}',
  );
  assert.match(refusal(fetched({ database: 'other' })), /mismatch/u);
  assert.match(refusal(fetched({ type: 'physical', database: null, plugin: null })), /mismatch/u);
});

test('a file that contradicts the catalog is refused', () => {
  assert.match(refusal(fetched({ datoid: '6' })), /OID 5 instead of 6/u);
  const renamed = sealedCopy('logical', (view) => view.setUint8(16, 'k'.charCodeAt(0)));
  assert.match(refusal(fetched({}, renamed)), /slot "ks"/u);
  const replugged = sealedCopy('logical', (view) => view.setUint8(129, 'x'.charCodeAt(0)));
  assert.match(refusal(fetched({}, replugged)), /plugin "/u);
  assert.match(refusal(fetched({}, fileOfServer('physical'))), /slot "ph"/u);
});

test('a slot that the primary has lost, or that the server keeps by itself, is refused', () => {
  assert.match(refusal(fetched({ walStatus: 'lost' })), /lost it: wal_removed/u);
  assert.match(refusal(fetched({ isFailover: true })), /failover = true/u);
  const empty = sealedCopy('logical', (view) => view.setBigUint64(96, 0n, true));
  assert.match(refusal(fetched({}, empty)), /keeps no WAL/u);
});
