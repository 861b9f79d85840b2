// What members ask each other, against servers on loopback that answer well, badly, late, or never.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { TlsOptions } from 'node:tls';

import { openHttpPeers } from '#adapters/peers/http-peers.ts';
import { rememberingResolver } from '#adapters/peers/resolve-name.ts';
import type { CtlConfig, RestApiConfig } from '#core/config/patroni/agent-config.ts';
import { readMember } from '#core/dcs/member.ts';
import { unreachable } from '#core/rest/peer-status.ts';
import { createAuthority, readText } from '../../agent/rest/certificates.ts';
import { openRestApi, recordingLog } from '../../agent/rest/fake-host.ts';

const ctl: CtlConfig = {
  authentication: null,
  isInsecure: false,
  cacert: null,
  certfile: null,
  keyfile: null,
  keyfilePassword: null,
};

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function listening(server: Server, scheme: string): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/patroni`;
}

async function serve(listener: RequestListener): Promise<string> {
  return listening(createServer(listener), 'http');
}

/** Answers every request with this. */
function answering(status: number, body: string, headers = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

function memberAt(name: string, apiUrl: string): ReturnType<typeof readMember> {
  return readMember(name, JSON.stringify({ api_url: apiUrl }), '');
}

async function open(
  changes: Partial<CtlConfig> = {},
  restapi: Partial<RestApiConfig> = {},
): Promise<Awaited<ReturnType<typeof openHttpPeers>>> {
  const config = { ctl: { ...ctl, ...changes }, restapi: { ...openRestApi, ...restapi } };
  return openHttpPeers(config, recordingLog([]));
}

const replica =
  '{"state": "running", "role": "replica", "xlog": {"received_location": 300, "replayed_location": 200}, "timeline": 4, "tags": {"zone": "a"}}';

test('members are asked at the same time, and who does not answer well is out of reach', async () => {
  const never = createServer(() => undefined);
  const gone = await serve(answering(200, replica));
  servers.pop()?.close();
  const deaf = createSocketServer((socket) => socket.destroy());
  deaf.listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  after(() => deaf.close());
  const members = [
    memberAt('good', await serve(answering(200, replica))),
    memberAt('check-fails', await serve(answering(503, replica))),
    memberAt('nonsense', await serve(answering(200, '<html>'))),
    memberAt('late', await listening(never, 'http')),
    memberAt('gone', gone),
    memberAt('deaf', `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/patroni`),
    memberAt('endless', await serve((_request, response) => response.write('x'.repeat(2_000_000)))),
    memberAt('file', 'file:///etc/passwd'),
    memberAt('strange', 'not an address'),
    readMember('silent', '{}', ''),
  ];
  const began = performance.now();
  const statuses = await (await open()).getStatus(members, 400);
  assert.ok(performance.now() - began < 3000);
  const good = {
    name: 'good',
    isReachable: true,
    isInRecovery: true,
    timeline: 4,
    lsn: 300n,
    tags: { zone: 'a' },
    isWatchdogFailed: false,
    leaseLeftMs: null,
  };
  assert.deepEqual(statuses, [
    good,
    { ...good, name: 'check-fails' },
    ...members.slice(2).map(({ name }) => unreachable(name)),
  ]);
});

test('a status is asked for once', async () => {
  let asked = 0;
  const url = await serve((request) => {
    asked += 1;
    request.socket.destroy();
  });
  await (await open()).getStatus([memberAt('a', url)], 1000);
  assert.equal(asked, 1);
});

test('a failsafe message goes to all, with the right address and body, and is tried twice', async () => {
  const seen: string[] = [];
  const bodies: string[] = [];
  const accepting = await serve((request, response) => {
    const acceptMessage = async (): Promise<void> => {
      bodies.push(await readAll(request));
      response.setHeader('lsn', '1152921504606846976');
      response.end('Accepted');
    };
    seen.push(`${request.method} ${request.url}`);
    void acceptMessage();
  });
  let attempts = 0;
  const flaky = await serve((request, response) => {
    attempts += 1;
    if (attempts === 1) request.socket.destroy();
    else response.end('Accepted');
  });
  const leading = await serve(answering(500, 'Running as a leader'));
  const dead = await serve((request) => request.socket.destroy());
  const peers = await open();
  const body = { name: 'postgres-0', slots: { a: 2n ** 60n } };
  const answers = await peers.postFailsafe({ accepting, flaky, leading, dead }, body, 2000);
  assert.deepEqual(answers.slice(0, 3), [
    { name: 'accepting', isAccepted: true, lsn: 1_152_921_504_606_846_976n, why: '' },
    { name: 'flaky', isAccepted: true, lsn: null, why: '' },
    {
      name: 'leading',
      isAccepted: false,
      lsn: null,
      why: 'it answered 500: Running as a leader',
    },
  ]);
  assert.equal(answers[3]?.isAccepted, false);
  assert.notEqual(answers[3]?.why, '');
  assert.deepEqual(seen, ['POST /failsafe']);
  assert.deepEqual(bodies, ['{"name":"postgres-0","slots":{"a":1152921504606846976}}']);
  assert.equal(attempts, 2);
});

test('the second attempt of a failsafe message does not make it take longer', async () => {
  const url = await listening(
    createServer(() => undefined),
    'http',
  );
  const began = performance.now();
  const [answer] = await (await open()).postFailsafe({ a: url }, {}, 200);
  assert.ok(performance.now() - began < 1500);
  assert.match(answer?.why ?? '', /no answer within \d+ ms/u);
});

test('a wake-up is sent and not waited for', async () => {
  const woken = Promise.withResolvers<string>();
  const url = await serve((request, response) => {
    woken.resolve(`${request.method} ${request.url}`);
    response.end();
  });
  const peers = await open();
  peers.wake([memberAt('a', url), readMember('b', '{}', ''), memberAt('c', 'nonsense')]);
  assert.equal(await woken.promise, 'POST /wake');
});

test('credentials are those of ctl, or else of restapi, and follow a reload', async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve((request: IncomingMessage, response) => {
    seen.push(request.headers.authorization);
    response.end(replica);
  });
  const key = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const rest = { authentication: { username: 'rest', password: 'ä"%' } };
  const peers = await open({}, rest);
  await peers.getStatus([memberAt('a', url)], 1000);
  const own = { ...ctl, authentication: { username: 'ctl', password: 'x' } };
  await peers.reload({ ctl: own, restapi: { ...openRestApi, ...rest } });
  await peers.getStatus([memberAt('a', url)], 1000);
  await (await open()).getStatus([memberAt('a', url)], 1000);
  assert.deepEqual(seen, [key('rest:ä"%'), key('ctl:x'), undefined]);
});

test('certificates of peers are verified unless that is switched off; ours is shown', async () => {
  const authority = createAuthority();
  try {
    const server = authority.issue('server');
    const client = authority.issue('client');
    const options: TlsOptions = {
      cert: readText(server.certfile),
      key: readText(server.keyfile),
      ca: readText(authority.cafile),
      requestCert: true,
      rejectUnauthorized: false,
    };
    const shown: boolean[] = [];
    const tls = createTlsServer(options, (request, response) => {
      shown.push('authorized' in request.socket && request.socket.authorized === true);
      response.end(replica);
    });
    const url = await listening(tls, 'https');
    const reached = async (changes: Partial<CtlConfig>): Promise<boolean | undefined> =>
      (await (await open(changes)).getStatus([memberAt('a', url)], 2000))[0]?.isReachable;
    assert.equal(await reached({}), false);
    assert.equal(await reached({ cacert: authority.cafile }), true);
    assert.equal(await reached({ isInsecure: true }), true);
    assert.equal(await reached({ cacert: authority.cafile, ...client }), true);
    assert.deepEqual(shown, [false, false, true]);
    await assert.rejects(
      open({ cacert: '/nowhere/ca.crt' }),
      /Cannot read .* '\/nowhere\/ca\.crt'/u,
    );
    const peers = await open({ cacert: authority.cafile });
    const bad = { ctl: { ...ctl, cacert: '/nowhere/ca.crt' }, restapi: openRestApi };
    await assert.rejects(peers.reload(bad));
    assert.equal((await peers.getStatus([memberAt('a', url)], 2000))[0]?.isReachable, true);
  } finally {
    authority.remove();
  }
});

test('a name is looked up once in a while, and kept while the name server is out of reach', async () => {
  const asked: string[] = [];
  let answer: readonly string[] | null = ['10.0.0.1'];
  const ask = async (name: string): Promise<readonly string[] | null> => {
    asked.push(name);
    return answer;
  };
  const keeping = rememberingResolver(60_000, ask);
  assert.deepEqual(await keeping('a'), ['10.0.0.1']);
  assert.deepEqual(await keeping('a'), ['10.0.0.1']);
  assert.deepEqual(asked, ['a']);
  const forgetful = rememberingResolver(0, ask);
  assert.deepEqual(await forgetful('b'), ['10.0.0.1']);
  answer = null;
  assert.deepEqual(await forgetful('b'), ['10.0.0.1']);
  assert.deepEqual(await forgetful('c'), []);
});
