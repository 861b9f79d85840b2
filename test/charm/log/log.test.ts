import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { createLog } from '#charm/log/log.ts';
import { createRedactor } from '#charm/log/redactor.ts';
import type { LogLevel } from '#charm/tools/log-tools.ts';

function logging() {
  const sent: (readonly [LogLevel, string])[] = [];
  const redactor = createRedactor();
  const log = createLog(
    { jujuLog: (level, message) => void sent.push([level, message]) },
    redactor,
  );
  return { sent, log };
}

test('W11: lines of one level leave together, when the log is flushed', () => {
  const { sent, log } = logging();

  log.info('a');
  log.info('b');
  assert.deepEqual(sent, []);
  log.flush();
  log.flush();

  assert.deepEqual(sent, [['INFO', 'a\nb']]);
});

test('the order of the lines survives a change of level', () => {
  const { sent, log } = logging();

  log.trace('1');
  log.debug('2');
  log.debug('3');
  log.warning('4');
  log.info('5');
  log.error('6');
  log.flush();

  assert.deepEqual(sent, [
    ['TRACE', '1'],
    ['DEBUG', '2\n3'],
    ['WARNING', '4'],
    ['INFO', '5'],
    ['ERROR', '6'],
  ]);
});

test('a large batch does not wait for the end', () => {
  const { sent, log } = logging();

  log.info('x'.repeat(70_000));

  assert.equal(sent.length, 1);
});

test('a log that can not be sent is not sent twice', () => {
  let calls = 0;
  const log = createLog(
    {
      jujuLog() {
        calls += 1;
        throw new Error('gone');
      },
    },
    createRedactor(),
  );

  log.info('a');
  assert.throws(() => log.flush(), /gone/);
  log.flush();

  assert.equal(calls, 1);
});

test('T18: a registered secret is in no line, also not as part of a URI or of JSON', () => {
  const { sent, log } = logging();
  log.redact('p@ss"word');

  log.info('password p@ss"word');
  log.info(`postgresql://u:${encodeURIComponent('p@ss"word')}@h/db`);
  log.info(JSON.stringify({ password: 'p@ss"word' }));
  log.flush();

  assert.deepEqual(sent, [
    ['INFO', 'password [redacted]\npostgresql://u:[redacted]@h/db\n{"password":"[redacted]"}'],
  ]);
});

test('what is too short for a secret does not blank out the log', () => {
  const { sent, log } = logging();
  log.redact('a');
  log.redact('');

  log.info('a banana');
  log.flush();

  assert.deepEqual(sent, [['INFO', 'a banana']]);
});

test('a secret that begins like another leaves nothing of the longer one', () => {
  const redactor = createRedactor();
  redactor.add('hunter');
  redactor.add('hunter22');

  assert.equal(redactor.clean('hunter22 hunter'), '[redacted] [redacted]');
});

test('no registered secret is in a cleaned text, whatever surrounds it', () => {
  const secret = fc.string({ minLength: 4, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), (secrets, text) => {
      // A secret that is part of the replacement itself can't be hidden by it.
      fc.pre(secrets.every((each) => !'[redacted][redacted]'.includes(each)));
      const redactor = createRedactor();
      for (const each of secrets) redactor.add(each);

      const cleaned = redactor.clean(secrets.map((each) => `${text}|${each}|`).join(''));

      for (const each of secrets) assert.ok(!cleaned.includes(`|${each}|`));
    }),
  );
});
