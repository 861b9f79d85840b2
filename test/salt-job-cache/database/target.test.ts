// Connection strings as targets, and the decisions about which server will do.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { orderOf, whyNot } from '#salt-job-cache/src/database/find-server.ts';
import { placeName, serverKinds, targetOf } from '#salt-job-cache/src/database/target.ts';
import { attemptsOf } from '#salt-job-cache/src/database/tls-options.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';

const names = (conninfo: string): readonly string[] => targetOf(conninfo).places.map(placeName);

test('several hosts have one port for all, or one each', () => {
  assert.deepEqual(names('host=a,b,c port=6000'), ['a:6000', 'b:6000', 'c:6000']);
  assert.deepEqual(names('host=a,b port=1,2'), ['a:1', 'b:2']);
  assert.deepEqual(names('host=a,b port=1,'), ['a:1', 'b:5432']);
  assert.deepEqual(names('postgresql://u@a:1,b:2/d'), ['a:1', 'b:2']);
  assert.deepEqual(names('postgresql://u@[::1]:7/d'), ['[::1]:7']);
  assert.deepEqual(names('user=u'), ['/var/run/postgresql:5432']);
  assert.deepEqual(targetOf('host=name hostaddr=10.0.0.1').places, [
    { host: 'name', address: '10.0.0.1', port: 5432 },
  ]);
  assert.deepEqual(names('hostaddr=10.0.0.1,10.0.0.2'), ['10.0.0.1:5432', '10.0.0.2:5432']);
});

test('what makes no sense is refused with a hint, and without the password', () => {
  for (const bad of [
    'host=a,b,c port=1,2',
    'host=a,b hostaddr=10.0.0.1',
    'host=a port=x',
    'host=a port=70000',
    'host=a sslmode=maybe',
    'host=a target_session_attrs=best',
    'host=a connect_timeout=soon',
    'host=a password=OpenSesame17 what',
  ]) {
    assert.throws(
      () => targetOf(bad),
      (error) =>
        error instanceof JobCacheError &&
        error.kind === 'ProgrammingError' &&
        !error.message.includes('OpenSesame17'),
      bad,
    );
  }
});

test('a target shows no password, and asks for one where the string has none', () => {
  const target = targetOf('host=a user=u dbname=d password=OpenSesame17');
  const asked = targetOf('host=a,b user=u dbname=d', (place, database, user) =>
    [placeName(place), database, user].join(' '),
  );

  assert.ok(!`${JSON.stringify(target)}${inspect(target)}`.includes('OpenSesame17'));
  assert.equal(target.places[0] && target.passwordFor(target.places[0]), 'OpenSesame17');
  assert.deepEqual(asked.places.map(asked.passwordFor), ['a:5432 d u', 'b:5432 d u']);
});

test('waits five seconds for a server, or as long as the string says', () => {
  assert.equal(targetOf('host=a').connectTimeoutMs, 5000);
  assert.equal(targetOf('host=a connect_timeout=2').connectTimeoutMs, 2000);
  assert.equal(targetOf('host=a connect_timeout=0').connectTimeoutMs, 0);
});

test('TLS is tried as sslmode says, and never over a socket of the machine', () => {
  const attempts = (conninfo: string): readonly boolean[] => {
    const target = targetOf(conninfo);
    return target.places.flatMap((place) => attemptsOf(target, place));
  };

  assert.deepEqual(attempts('host=a sslmode=disable'), [false]);
  assert.deepEqual(attempts('host=a sslmode=allow'), [false, true]);
  assert.deepEqual(attempts('host=a'), [true, false]);
  assert.deepEqual(attempts('host=a sslmode=verify-full'), [true]);
  assert.deepEqual(attempts('host=/run sslmode=require'), [false]);
});

test('a server will do or will not, as target_session_attrs says', () => {
  const primary = { isInRecovery: false, isReadOnly: false };
  const closed = { isInRecovery: false, isReadOnly: true };
  const standby = { isInRecovery: true, isReadOnly: true };
  const taken = serverKinds.map((kind) => [
    kind,
    ...[primary, closed, standby].map((facts) => whyNot(kind, facts)),
  ]);

  assert.deepEqual(taken, [
    ['read-write', null, 'is read-only', 'is a standby'],
    ['primary', null, null, 'is a standby'],
    ['any', null, null, null],
    ['read-only', 'may be written to', null, null],
    ['standby', 'is the primary', 'is the primary', null],
    ['prefer-standby', null, null, null],
  ]);
});

test('the place that was right last time is tried first, and each once', () => {
  const { places } = targetOf('host=a,b,c');
  const second = places[1] ?? null;

  assert.deepEqual(orderOf(places, second).map(placeName), ['b:5432', 'a:5432', 'c:5432']);
  assert.deepEqual(orderOf(places, null), places);
});
