// What is told of a slot that was to be dropped: one line, whatever became of it. And what is not begun any more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, Row } from '#adapters/postgres/connection.ts';
import { applySlotSteps } from '#adapters/postgres/slots.ts';
import { recordingLog } from '../../agent/rest/fake-host.ts';

interface Dropped {
  readonly outcome: string | undefined;
  readonly lines: readonly string[];
  readonly statements: number;
}

function serverOf(answer: () => readonly Row[]): Connection {
  return {
    query: async () => Promise.resolve(answer()),
    isUsable: true,
    destroy: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Drops the slot `s` on a server that answers so. */
async function drop(answer: () => readonly Row[]): Promise<Dropped> {
  const lines: string[] = [];
  let statements = 0;
  const server = serverOf(() => {
    statements += 1;
    return answer();
  });
  const [result] = await applySlotSteps(
    async () => Promise.resolve(server),
    [{ kind: 'drop', name: 's', why: 'nobody asks for it' }],
    { withinMs: 5000, mayGoOn: () => true },
    recordingLog(lines),
  );
  return { outcome: result?.outcome, lines, statements };
}

test('AT-13: a slot that was dropped is one line of information', async () => {
  assert.deepEqual(await drop(() => [{ active: false, dropped: true }]), {
    outcome: 'done',
    lines: [`info Dropped replication slot 's': nobody asks for it`],
    statements: 1,
  });
});

test('AT-13: a slot in use is one warning', async () => {
  assert.deepEqual(await drop(() => [{ active: true, dropped: false }]), {
    outcome: 'in-use',
    lines: [`warning Unable to drop replication slot 's', slot is active (nobody asks for it)`],
    statements: 1,
  });
});

test('AT-13: a slot that is not there is one error', async () => {
  assert.deepEqual(await drop(() => []), {
    outcome: 'absent',
    lines: [`error Failed to drop replication slot 's': there is no such slot`],
    statements: 1,
  });
});

test('AT-13: a slot that the server kept without a word is one error', async () => {
  assert.deepEqual(await drop(() => [{ active: false, dropped: false }]), {
    outcome: 'failed',
    lines: [
      `error Failed to drop replication slot 's': the server did not drop it and does not say why`,
    ],
    statements: 1,
  });
});

test('AT-13: a statement that fails is one error, with what the server said', async () => {
  const { outcome, lines, statements } = await drop(() => {
    throw new Error('it is being shut down');
  });
  assert.equal(outcome, 'failed');
  assert.equal(statements, 1);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^error Failed to drop replication slot 's': .*it is being shut down/u,
  );
});

test('no step begins once it is wanted no more, and nobody is told that time ran out', async () => {
  const lines: string[] = [];
  let isWanted = true;
  const server = serverOf(() => {
    isWanted = false;
    return [{ active: false, dropped: true }];
  });
  const steps = ['a', 'b'].map((name) => ({ kind: 'drop', name, why: 'a test' }) as const);

  const results = await applySlotSteps(
    async () => Promise.resolve(server),
    steps,
    { withinMs: 5000, mayGoOn: () => isWanted },
    recordingLog(lines),
  );

  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['done', 'skipped'],
  );
  assert.match(results[1]?.why ?? '', /situation is another one/u);
  assert.deepEqual(lines, [`info Dropped replication slot 'a': a test`]);
});
