import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { isPortRange, portRange, portState, statusInfo } from '#charm/testing/state-values.ts';

test('any range of ports is the same after both conversions', () => {
  const port = fc.nat(65_535);
  const range = fc.oneof(
    fc.constant('icmp'),
    fc.tuple(port, port, fc.constantFrom('tcp', 'udp')).map(([left, right, protocol]) => {
      const [from, to] = [Math.min(left, right), Math.max(left, right)];
      return from === to ? `${from}/${protocol}` : `${from}-${to}/${protocol}`;
    }),
  );
  fc.assert(
    fc.property(range, fc.constantFrom('', 'db'), (text, endpoint) => {
      const state = { range: text, endpoint };

      assert.ok(isPortRange(text));
      assert.deepEqual(portState(portRange(state)), state);
    }),
  );
});

test('a range without protocol is none', () => {
  for (const text of ['80', '80/icmp', '80-/tcp', '']) assert.equal(isPortRange(text), false);
});

test('a status keeps its name and message', () => {
  const status = { status: 'blocked', message: 'm' };

  assert.deepEqual(statusInfo(status, 7), { ...status, data: {}, since: 7 });
  assert.equal(statusInfo({ status: 'fine', message: '' }, 7).status, 'unknown');
});
