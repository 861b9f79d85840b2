// Addresses as ranges, and which range covers which, checked against Node's own arithmetic.

import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { addressRange, covers, egressOf, rangesOfUnit } from '#interfaces/pgsql/address-range.ts';

test('7.2: a single address becomes a range of its own, everything else stays', () => {
  assert.equal(addressRange('db.example'), 'db.example');
  assert.equal(addressRange('192.168.1.1'), '192.168.1.1/32');
  assert.equal(addressRange('192.168.1.0/24'), '192.168.1.0/24');
  assert.equal(addressRange('::whatever::'), '::whatever::/128');
  assert.equal(addressRange('::whatever::/64'), '::whatever::/64');
  assert.equal(addressRange('nonsense'), 'nonsense');
  assert.equal(addressRange('1.2.3.4.5'), '1.2.3.4.5');
  assert.equal(addressRange('300.1.1.1'), '300.1.1.1');
});

test('a client unit is seen from its egress, else its ingress, else its private address', () => {
  assert.deepEqual(
    rangesOfUnit({
      'egress-subnets': ' 10.0.0.1/32 ,,10.0.0.2 ,10.0.0.1/32',
      'ingress-address': '10.9.9.9',
    }),
    ['10.0.0.1/32', '10.0.0.2/32'],
  );
  assert.deepEqual(
    rangesOfUnit({ 'egress-subnets': ' ', 'ingress-address': 'fd00::1', 'private-address': 'x' }),
    ['fd00::1/128'],
  );
  assert.deepEqual(rangesOfUnit({ 'private-address': 'unit-0.example' }), ['unit-0.example']);
  assert.deepEqual(rangesOfUnit({}), []);
  assert.deepEqual(egressOf({ 'ingress-address': '10.0.0.1' }), []);
});

test('T10: a wider range covers a narrower one of the same family', () => {
  assert.ok(covers('10.0.0.0/8', '10.1.2.3/32'));
  assert.ok(covers('10.1.2.3', '10.1.2.3/32'));
  assert.ok(covers('0.0.0.0/0', '203.0.113.0/24'));
  assert.ok(covers('2001:db8::/32', '2001:DB8:0:1::5/128'));
  assert.ok(covers('::/0', '::ffff:10.0.0.1'));
  assert.ok(covers('host.example', 'host.example'));
  assert.ok(!covers('10.0.0.0/8', '11.0.0.1/32'));
  assert.ok(!covers('10.1.0.0/16', '10.0.0.0/8'));
  assert.ok(!covers('10.0.0.0/16', '10.0.0.0/8'), 'the narrower does not cover the wider');
  assert.ok(!covers('::/0', '10.0.0.1/32'));
  assert.ok(!covers('10.0.0.0/8', 'host.example'));
  assert.ok(!covers('host.example', '10.0.0.0/8'));
});

test('what is no range covers nothing', () => {
  for (const text of [
    ...['10.0.0.0/33', '10.0.0/8', '010.0.0.0/8', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1'],
    ...['1::2::3/0', '1:2:3/0', ':::/0', '12345::/0', '1:2:3:4:5:6:7:8:9/0', '::/129', '::1.2.3/0'],
    ...['1:2:3:4:5:6:7::8/0'.replace('::8', '::8:9'), 'g::/0'],
  ]) {
    assert.ok(!covers(text, '10.0.0.1/32'), text);
    assert.ok(!covers(text, '::1/128'), text);
  }
});

test('covers agrees with the arithmetic of Node for single addresses', () => {
  const ip = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('10.0.0.1', '10.0.0.130', '::1', 'fd00::8'),
  );
  fc.assert(
    fc.property(ip, ip, fc.nat({ max: 128 }), (outer, inner, bits) => {
      const family = isIP(outer) === 4 ? 'ipv4' : 'ipv6';
      const prefix = family === 'ipv4' ? bits % 33 : bits;
      const list = new BlockList();
      list.addSubnet(outer, prefix, family);
      // Node takes an IPv4 address mapped into IPv6 for the IPv4 address; access rules do not.
      fc.pre(!/^(0*:)*:?(0*:)*ffff:/i.test(inner) && !/^(0*:)*:?(0*:)*ffff:/i.test(outer));
      const expected =
        isIP(inner) === isIP(outer) && list.check(inner, isIP(inner) === 4 ? 'ipv4' : 'ipv6');
      assert.equal(covers(`${outer}/${prefix}`, inner), expected);
    }),
  );
});
