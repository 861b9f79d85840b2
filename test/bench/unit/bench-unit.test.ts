// The bench's unit for real: PostgreSQL, the charm's hooks, and what is left afterwards.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { BenchUnit } from '../../../bench/unit/bench-unit.ts';
import { logIn, serveClient } from '../../../bench/unit/client-application.ts';
import { probeVariables, takeSplit } from '../../../bench/hook/split.ts';

test('serves a client that can log in, tells where the time went, and leaves nothing behind', async () => {
  const unit = await BenchUnit.create();
  const directory = dirname(unit.paths.charmDirectory);
  try {
    await unit.converge();
    const probeFile = `${directory}/probe.json`;
    const { changed } = await serveClient(unit, 1, probeVariables(probeFile));
    const split = takeSplit(probeFile, changed.wallMs);
    await logIn(unit, 1);

    for (const [part, ms] of Object.entries(split)) assert.ok(ms > 0, `${part}: ${ms}`);
    assert.equal(
      changed.toolCalls,
      Object.values(changed.calls).reduce((sum, count) => sum + count, 0),
    );
  } finally {
    await unit[Symbol.asyncDispose]();
  }
  assert.equal(existsSync(directory), false);
  await assert.rejects(logIn(unit, 1), /ECONNREFUSED/u);
});
