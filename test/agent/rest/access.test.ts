// Who may change something: the order of checks, their answers, and what the allowlist lets in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { compileAccess, refuseAccess } from '#agent/rest/access.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';
import { openRestApi } from './fake-host.ts';

const authentication = { username: 'admin', password: 'pä:ss w%rd"$$' };
const rightKey = Buffer.from(`${authentication.username}:${authentication.password}`).toString(
  'base64',
);

interface Caller {
  readonly path?: string;
  readonly peerAddress?: string;
  readonly hasClientCertificate?: boolean;
  readonly authorization?: string;
}

const members = [
  'http://10.0.0.1:8008/patroni',
  'http://[fd00::2]:8008/patroni',
  'http://db3:8008/',
];

async function refused(config: Partial<RestApiConfig>, caller: Caller): Promise<string> {
  const { rules } = compileAccess({ ...openRestApi, ...config });
  const { path = '/restart', peerAddress = '10.9.9.9', hasClientCertificate = false } = caller;
  const { authorization } = caller;
  const headers = new Map(authorization === undefined ? [] : [['authorization', authorization]]);
  const names: Readonly<Record<string, readonly string[]>> = { db3: ['10.0.0.3', 'fd00::3'] };
  const answer = await refuseAccess(
    rules,
    { path, peerAddress, hasClientCertificate, headers },
    members,
    async (name) => names[name] ?? [],
  );
  return answer === null ? 'allowed' : `${answer.status} ${answer.body}`;
}

test('nothing is asked where nothing is configured', async () => {
  assert.equal(await refused({}, {}), 'allowed');
});

test('the allowlist takes addresses, networks and names, of both families', async () => {
  const allowlist = ['10.1.0.0/16', '192.168.0.7', 'fd01::/64', 'db3'];
  for (const [peerAddress, expected] of [
    ['10.1.255.1', 'allowed'],
    ['10.2.0.1', '403 Access is denied'],
    ['192.168.0.7', 'allowed'],
    ['192.168.0.8', '403 Access is denied'],
    ['::ffff:10.1.0.1', 'allowed'],
    ['::ffff:10.2.0.1', '403 Access is denied'],
    ['fd01::5', 'allowed'],
    ['fd02::5', '403 Access is denied'],
    ['10.0.0.3', 'allowed'],
    ['fd00::3', 'allowed'],
    ['', '403 Access is denied'],
  ] as const) {
    assert.equal(await refused({ allowlist }, { peerAddress }), expected, peerAddress);
  }
});

test('members may be let in by the addresses of their APIs', async () => {
  const config = { isAllowlistIncludingMembers: true };
  for (const peerAddress of ['10.0.0.1', '::ffff:10.0.0.1', 'fd00::2', '10.0.0.3', 'fd00::3']) {
    assert.equal(await refused(config, { peerAddress }), 'allowed', peerAddress);
  }
  assert.equal(await refused(config, { peerAddress: '10.0.0.9' }), '403 Access is denied');
});

test('a member in need is heard although nobody can tell who is a member', async () => {
  const including = { isAllowlistIncludingMembers: true };
  for (const path of ['/failsafe', '/wake']) {
    assert.equal(await refused(including, { path }), 'allowed');
    const both = { ...including, allowlist: ['10.1.0.0/16'] };
    assert.equal(await refused(both, { path }), '403 Access is denied');
    assert.equal(await refused(both, { path, peerAddress: '10.1.0.1' }), 'allowed');
    assert.equal(await refused(both, { path, peerAddress: '10.0.0.1' }), 'allowed');
    assert.equal(
      await refused({ ...including, authentication }, { path }),
      '401 no auth header received',
    );
  }
});

test('entries of the allowlist that let in nobody are told, and let in nobody', async () => {
  const allowlist = ['10.0.0.256', 'a b', '10.0.0.0/33'];
  const { faults } = compileAccess({ ...openRestApi, allowlist });
  assert.equal(faults.length, 3);
  assert.equal(await refused({ allowlist }, {}), '403 Access is denied');
});

test('checks come in order: address, certificate, password', async () => {
  const config: Partial<RestApiConfig> = {
    allowlist: ['10.1.0.1'],
    certfile: 'server.crt',
    verifyClient: 'optional',
    authentication,
  };
  const inside = { peerAddress: '10.1.0.1' };
  const certified = { ...inside, hasClientCertificate: true };
  assert.equal(await refused(config, {}), '403 Access is denied');
  assert.equal(await refused(config, inside), '403 client certificate required');
  assert.equal(await refused(config, certified), '401 no auth header received');
  const bearer = { ...certified, authorization: `Bearer ${rightKey}` };
  assert.equal(await refused(config, bearer), '401 not authenticated');
  const right = { ...certified, authorization: `Basic ${rightKey}` };
  assert.equal(await refused(config, right), 'allowed');
  assert.equal(
    await refused({ ...config, certfile: null }, { ...right, hasClientCertificate: false }),
    'allowed',
  );
});

test('only the whole password opens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (guess) => {
      const answer = await refused({ authentication }, { authorization: `Basic ${guess}` });
      assert.equal(answer, guess === rightKey ? 'allowed' : '401 not authenticated');
    }),
  );
  for (let length = 0; length < rightKey.length; length += 1) {
    const authorization = `Basic ${rightKey.slice(0, length)}`;
    assert.equal(await refused({ authentication }, { authorization }), '401 not authenticated');
  }
});
