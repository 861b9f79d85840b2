import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeFlags } from '../../scripts/compile-program.ts';

test('the compiled form is made with the flags that dispatch gives to Node', () => {
  assert.deepEqual(nodeFlags('#!/bin/sh\nexec "$X/bin/node" --one=1 --two "$X/charm.cjs"\n'), [
    '--one=1',
    '--two',
  ]);
  const flags = nodeFlags(readFileSync('dispatch', 'utf8'));
  assert.ok(flags.length > 0);
  assert.deepEqual(nodeFlags(readFileSync('salt-job-cache/dispatch', 'utf8')), flags);
});
