// The sockets: what a client on loopback sees, well-behaved or not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';

import type { ApiHost } from '#agent/rest/api-host.ts';
import { RestServer } from '#agent/rest/server.ts';
import type { RestLimits } from '#agent/rest/server.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';
import { createAuthority, readText } from './certificates.ts';
import type { Certificate } from './certificates.ts';
import { fakeHost, openRestApi } from './fake-host.ts';

const authority = createAuthority();
after(() => authority.remove());

async function start(
  config: Partial<RestApiConfig> = {},
  host: ApiHost = fakeHost(),
  limits: Partial<RestLimits> = {},
): Promise<RestServer> {
  return RestServer.start({
    config: { ...openRestApi, ...config },
    host,
    limits,
    resolve: async () => [],
  });
}

function portOf(server: RestServer): number {
  return server.addresses[0]?.port ?? 0;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function call(
  server: RestServer,
  method: string,
  path: string,
  options: RequestOptions & { readonly body?: string; readonly isTls?: boolean } = {},
): Promise<Answer> {
  const { body, isTls = false, ...rest } = options;
  const all = { host: '127.0.0.1', port: portOf(server), method, path, agent: false, ...rest };
  const sent = isTls ? httpsRequest(all) : httpRequest(all);
  const response = once(sent, 'response');
  sent.end(body);
  const [incoming] = (await response) as [IncomingMessage];
  const answered = await readAll(incoming);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: answered };
}

/** Sends these bytes and gives everything that comes back until the server closes. */
async function raw(server: RestServer, bytes: string): Promise<string> {
  const socket = connect(portOf(server), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  return readAll(socket);
}

test('a health check is answered to HTTP/1.1, to HTTP/1.0, and to HAProxy', async () => {
  await using server = await start();
  const got = await call(server, 'GET', '/primary?lag=1MB');
  assert.equal(got.status, 200);
  assert.equal(got.headers['content-type'], 'application/json');
  assert.match(got.body, /"role": "primary"/u);
  assert.equal(got.headers['x-patroni-age-ms'], '250');
  assert.equal(got.headers['cache-control'], undefined);
  assert.match(await raw(server, 'GET /replica HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 503 [^]*"state"/u);
  assert.match(
    await raw(server, 'GET /primary HTTP/1.1\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 /u,
  );
  assert.match(
    await raw(server, 'OPTIONS /primary HTTP/1.0\r\n\r\n'),
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/u,
  );
  assert.match(
    await raw(server, 'HEAD /leader HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/u,
  );
  assert.match(
    await raw(server, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 /u,
  );
});

test('one connection serves many requests', async () => {
  await using server = await start();
  const one = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
  const last = 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const answers = await raw(server, `${one}${one}${last}`);
  assert.equal(answers.match(/HTTP\/1\.1 200 OK/gu)?.length, 3);
});

test('what is malformed gets 400 and no word of the inside', async () => {
  await using server = await start();
  const noHeaderEnd = 'GET /'.padEnd(20_000, 'a');
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /restart HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    'GET / HTTP/1.1\r\nNo colon\r\n\r\n',
  ]) {
    const answer = await raw(server, bytes);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/u, bytes);
    assert.doesNotMatch(answer, /\bat |\.ts|node:/u);
  }
  assert.match(await raw(server, `${noHeaderEnd} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 (?:400|431) /u);
  const patch = { body: '{"ttl": 20', headers: { 'content-length': '10' } };
  assert.equal((await call(server, 'PATCH', '/config', patch)).status, 400);
  assert.equal((await call(server, 'GET', '/health')).status, 200);
});

test('a body beyond the limit is refused, and its sender sees why', async () => {
  const host = fakeHost();
  await using server = await start({}, host, { bodyBytes: 1000 });
  const fits = JSON.stringify({ ttl: 20, text: 'x'.repeat(900) });
  assert.equal((await call(server, 'PATCH', '/config', { body: fits })).status, 200);
  const large = JSON.stringify({ text: 'x'.repeat(1000) });
  assert.equal((await call(server, 'PATCH', '/config', { body: large })).status, 413);
  const headers = { 'transfer-encoding': 'chunked' };
  assert.equal((await call(server, 'PATCH', '/config', { body: large, headers })).status, 413);
  const announced = 'PATCH /config HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n{';
  assert.match(await raw(server, announced), /^HTTP\/1\.1 413 /u);
  assert.equal(host.calls.filter((line) => line.startsWith('setConfigValue')).length, 1);
});

test('a client that sends its request too slowly is shown out, and others are served', async () => {
  await using server = await start({}, fakeHost(), { headersMs: 50, requestMs: 100, checkMs: 20 });
  const slowHeaders = raw(server, 'GET /primary HTTP/1.1\r\nHost:');
  const slowBody = raw(
    server,
    'PATCH /config HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{"a"',
  );
  assert.equal((await call(server, 'GET', '/health')).status, 200);
  assert.match(await slowHeaders, /^HTTP\/1\.1 408 /u);
  assert.match(await slowBody, /^(?:HTTP\/1\.1 408 |$)/u);
});

test('a client that breaks off in its body leaves nothing behind', async () => {
  const host = fakeHost();
  await using server = await start({}, host);
  const socket = connect(portOf(server), '127.0.0.1');
  socket.write('PATCH /config HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{"a"');
  await once(socket, 'connect');
  socket.destroy();
  assert.equal((await call(server, 'GET', '/health')).status, 200);
  assert.deepEqual(host.calls, []);
});

test('a password guards what changes something, and nothing else', async () => {
  const host = fakeHost();
  const authentication = { username: 'admin', password: 'pä:ss' };
  await using server = await start({ authentication }, host);
  const denied = await call(server, 'POST', '/reload');
  assert.equal(denied.status, 401);
  assert.equal(denied.body, 'no auth header received');
  assert.equal(denied.headers['www-authenticate'], 'Basic realm="Patroni"');
  const wrong = { authorization: `Basic ${Buffer.from('admin:no').toString('base64')}` };
  assert.equal((await call(server, 'POST', '/reload', { headers: wrong })).status, 401);
  const right = { authorization: `Basic ${Buffer.from('admin:pä:ss').toString('base64')}` };
  assert.equal((await call(server, 'POST', '/reload', { headers: right })).status, 202);
  assert.equal((await call(server, 'PUT', '/none', { body: '{}' })).status, 401);
  for (const path of ['/', '/config', '/cluster', '/metrics', '/decisions']) {
    assert.equal((await call(server, 'GET', path)).status, 200, path);
  }
  assert.deepEqual(host.calls, ['requestReload']);
});

test('who may not is refused before the body is read', async () => {
  await using server = await start({ allowlist: ['10.0.0.1'] });
  const refused = await call(server, 'PATCH', '/config', { body: '{"ttl": 20}' });
  assert.equal(`${refused.status} ${refused.body}`, '403 Access is denied');
  assert.equal((await call(server, 'GET', '/config')).status, 200);
});

test('extra headers and the name of the server are as configured', async () => {
  await using server = await start({
    httpExtraHeaders: { 'X-Frame-Options': 'SAMEORIGIN' },
    httpsExtraHeaders: { 'Strict-Transport-Security': 'max-age=1' },
    serverTokens: 'ProductOnly',
  });
  const { headers } = await call(server, 'GET', '/primary');
  assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
  assert.equal(headers['strict-transport-security'], undefined);
  assert.equal(headers['server'], 'Patroni');
});

test('it listens on every address of the list, or says which one can not be had', async () => {
  await using server = await start({ listen: { host: '127.0.0.1, 127.0.0.2', port: 0 } });
  assert.deepEqual(
    server.addresses.map(({ host }) => host),
    ['127.0.0.1', '127.0.0.2'],
  );
  const taken = { host: '127.0.0.1', port: portOf(server) };
  await assert.rejects(
    start({ listen: taken }),
    /Cannot listen on '127\.0\.0\.1:\d+': .*EADDRINUSE/u,
  );
  await assert.rejects(start({ certfile: '/nowhere/server.crt' }), /Cannot read the certificate/u);
  const { certfile } = authority.issue('one');
  const { keyfile } = authority.issue('other');
  await assert.rejects(
    start({ certfile, keyfile }),
    /Cannot use the certificate '.*': .*mismatch/u,
  );
});

test('another configuration is followed, and a bad one leaves the old in force', async () => {
  await using server = await start();
  const { port } = server.addresses[0] ?? { port: 0 };
  const config = { ...openRestApi, listen: { host: '127.0.0.1', port } };
  await server.reload({ ...config, authentication: { username: 'a', password: 'b' } });
  assert.equal((await call(server, 'POST', '/reload')).status, 401);
  await server.reload({ ...config, listen: { host: '127.0.0.2', port } });
  assert.equal((await call(server, 'GET', '/health', { host: '127.0.0.2' })).status, 200);
  const { certfile, keyfile } = authority.issue('member');
  await server.reload({ ...config, certfile, keyfile });
  const tls = { isTls: true, ca: readText(authority.cafile) };
  assert.equal((await call(server, 'GET', '/health', tls)).status, 200);
  await assert.rejects(server.reload({ ...config, certfile: '/nowhere' }), /Cannot read/u);
  await assert.rejects(
    server.reload({ ...config, certfile, keyfile, listen: { host: '192.0.2.1', port } }),
    /Cannot listen on '192\.0\.2\.1/u,
  );
  assert.equal((await call(server, 'GET', '/health', tls)).status, 200);
});

test('certificates are read anew on demand, for new connections only', async () => {
  const first = authority.issue('first');
  const second = authority.issue('second');
  await using server = await start(first);
  const shown = async (): Promise<string> => {
    const ca = readText(authority.cafile);
    const socket = connectTls({ host: '127.0.0.1', port: portOf(server), ca });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  assert.equal(await shown(), 'first');
  assert.equal(await server.reloadCertificate(), false);
  copyFileSync(second.certfile, first.certfile);
  await assert.rejects(server.reloadCertificate(), /Cannot use the certificate/u);
  assert.equal(await shown(), 'first');
  copyFileSync(second.keyfile, first.keyfile);
  assert.equal(await server.reloadCertificate(), true);
  assert.equal(await shown(), 'second');
});

test('client certificates are asked for as configured', async () => {
  const password = 'kéy "$$ %';
  const own = { ...authority.issue('member', password), keyfilePassword: password };
  const stranger = createAuthority();
  try {
    const tlsOf = (certificate: Certificate | null): RequestOptions & { isTls: true } => ({
      isTls: true,
      ca: readText(authority.cafile),
      ...(certificate !== null && {
        cert: readText(certificate.certfile),
        key: readText(certificate.keyfile),
      }),
    });
    const client = tlsOf(authority.issue('client'));
    const strange = tlsOf(stranger.issue('stranger'));
    const none = tlsOf(null);
    const { cafile } = authority;

    await using optional = await start({ ...own, cafile, verifyClient: 'optional' });
    for (const [tls, status] of [
      [client, 202],
      [strange, 403],
      [none, 403],
    ] as const) {
      assert.equal((await call(optional, 'POST', '/reload', tls)).status, status);
      assert.equal((await call(optional, 'GET', '/health', tls)).status, 200);
    }
    assert.equal(
      (await call(optional, 'POST', '/reload', none)).body,
      'client certificate required',
    );

    await using required = await start({ ...own, cafile, verifyClient: 'required' });
    assert.equal((await call(required, 'POST', '/reload', client)).status, 202);
    await assert.rejects(call(required, 'GET', '/health', none));
    await assert.rejects(call(required, 'GET', '/health', strange));

    await using open = await start({ ...own, cafile });
    assert.equal((await call(open, 'POST', '/reload', none)).status, 202);
  } finally {
    stranger.remove();
  }
});

test('closing does not wait for clients', async () => {
  const server = await start({}, fakeHost({ requestRestart: async () => new Promise(() => {}) }));
  const pending = call(server, 'POST', '/restart');
  pending.catch(() => undefined);
  const idle = connect(portOf(server), '127.0.0.1');
  await once(idle, 'connect');
  assert.equal((await call(server, 'GET', '/health')).status, 200);
  await server.close();
  await assert.rejects(pending);
});
