// Several hosts, of which some are ill in one way or another.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { HostList } from '#adapters/etcd/host-list.ts';
import { srvHosts } from '#adapters/etcd/srv-hosts.ts';
import { pathPrefixOf } from '#adapters/etcd/version-prefix.ts';
import type { HostPort } from '#core/config/patroni/agent-config.ts';
import { withEtcd } from '../../with-etcd.ts';
import { configOf, dcsOf, failureOf } from './test-ports.ts';

const run = promisify(execFile);

/** Runs `body` while the server listens; its connections end with it. */
async function withServer(server: Server, body: (at: HostPort) => Promise<void>): Promise<void> {
  const sockets = new Set<{ destroy: () => void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    await body({ host: '127.0.0.1', port: address.port });
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  }
}

const answering = (status: number, text: string): RequestListener => {
  return (_request, response) => {
    response.statusCode = status;
    response.end(text);
  };
};

const ill: readonly {
  readonly name: string;
  readonly server: () => Server;
  readonly words: RegExp;
}[] = [
  {
    name: 'a web page',
    server: () => createServer(answering(200, '<html>Welcome</html>')),
    words: /answered with HTTP status 200 and no JSON: "<html>Welcome/u,
  },
  {
    name: 'a path it does not know',
    server: () => createServer(answering(404, 'Not Found')),
    words: /answered with HTTP status 404 and no JSON/u,
  },
  {
    name: 'JSON of something else',
    server: () => createServer(answering(200, '{"hello":[1,2]}')),
    words: /answered without a version/u,
  },
  {
    name: 'no leader',
    server: () => createServer(answering(503, '{"error":"etcdserver: no leader","code":14}')),
    words: /answered "etcdserver: no leader"/u,
  },
  {
    name: 'something that is no HTTP',
    server: () => createTcpServer((socket) => void socket.write('\u0000\u0001garbage\r\n')),
    words: /sent something that is no HTTP/u,
  },
  {
    name: 'nothing',
    server: () => createTcpServer(),
    words: /gave no answer within/u,
  },
  {
    name: 'the end of the connection',
    server: () => createTcpServer((socket) => void socket.once('data', () => socket.destroy())),
    words: /broke off the connection/u,
  },
  {
    name: 'half an answer',
    server: () =>
      createTcpServer((socket) => {
        socket.once('data', () => {
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"a":');
        });
      }),
    words: /broke off the connection/u,
  },
  {
    name: 'an answer without an end',
    server: () =>
      createServer((_request, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', more);
        };
        more();
      }),
    words: /sent an answer without an end/u,
  },
];

for (const { name, server, words } of ill) {
  test(`a host that answers with ${name} ends in an error within the retry timeout, in its own words`, async () => {
    await withServer(server(), async (at) => {
      const alone = dcsOf([at], 'a', { retryTimeoutSeconds: 1 });
      const { error, tookMs } = await failureOf(alone.getCluster());
      assert.match(error.message, /^Cannot read the cluster '\/service\/batman\/' from etcd/u);
      assert.match(error.message, words);
      assert.ok(tookMs < 1600, `${tookMs} ms`);
      await alone.close();
    });
  });
}

test('with one host that is well all the others may be ill, and it is asked first from then on', async () => {
  await withEtcd(async (etcd) => {
    await withServer(createTcpServer(), async (silent) => {
      await withServer(
        createServer(answering(503, '{"error":"etcdserver: no leader","code":14}')),
        async (leaderless) => {
          const config = configOf([silent, leaderless, etcd], { isUsingProxies: true });
          const dcs = dcsOf([], 'a', { config });
          assert.equal(await dcs.attemptToAcquireLeader(), true);
          const begin = performance.now();
          assert.equal(await dcs.updateLeader(), true);
          assert.ok(performance.now() - begin < 900);
          await dcs.close();
        },
      );
    });
  });
});

test('members of etcd are learned from etcd, unless the hosts are proxies', async () => {
  const other = 'http://10.0.0.2:2379';
  const configured = ['http://10.0.0.1:2379'];
  const list = new HostList(async () => Promise.resolve(configured), false);
  await list.inOrder();
  list.learn([`${other}/`, 'http://0.0.0.0:2379', 'unix://x', 'nonsense']);
  assert.deepEqual(await list.inOrder(), [...configured, other]);
  list.answered(other);
  assert.deepEqual(await list.inOrder(), [other, ...configured]);
  list.learn(['http://10.0.0.3:2379']);
  assert.deepEqual(await list.inOrder(), ['http://10.0.0.3:2379', ...configured]);
  list.learn([]);
  assert.equal((await list.inOrder()).length, 2);

  const proxies = new HostList(async () => Promise.resolve(configured), true);
  await proxies.inOrder();
  proxies.learn([other]);
  assert.deepEqual(await proxies.inOrder(), configured);
});

test('hosts asked over TLS are never replaced by hosts without it', async () => {
  const list = new HostList(async () => Promise.resolve(['https://a:2379']), false);
  await list.inOrder();
  list.learn(['http://b:2379', 'https://c:2379']);
  assert.deepEqual(await list.inOrder(), ['https://a:2379', 'https://c:2379']);
});

test('SRV records name the hosts, those with TLS before those without', async () => {
  const asked: string[] = [];
  const zone = new Map([['_etcd-client-blue._tcp.example.com', [{ name: 'e1', port: 2379 }]]]);
  const resolve = async (name: string): Promise<readonly { name: string; port: number }[]> => {
    asked.push(name);
    const found = zone.get(name);
    if (found) return Promise.resolve(found);
    throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  };
  assert.deepEqual(await srvHosts('example.com', 'blue', resolve)(), ['http://e1:2379']);
  assert.deepEqual(asked, [
    '_etcd-client-ssl-blue._tcp.example.com',
    '_etcd-client-blue._tcp.example.com',
  ]);
  zone.set('_etcd-client-ssl._tcp.example.com', [{ name: 'e2', port: 1 }]);
  assert.deepEqual(await srvHosts('example.com', null, resolve)(), ['https://e2:1']);
  assert.deepEqual(await srvHosts('example.org', null, resolve)(), []);
});

test('without any host, and with a DNS that says nothing, the error names the setting', async () => {
  const none = dcsOf([], 'a', {
    config: configOf([], { srv: 'example.com' }),
    resolveSrv: async () => Promise.resolve([]),
    retryTimeoutSeconds: 1,
  });
  assert.match((await failureOf(none.getCluster())).error.message, /etcd3\.hosts .* etcd3\.srv/u);
  await none.close();
  const mute = dcsOf([], 'a', {
    config: configOf([], { srv: 'example.com' }),
    resolveSrv: async () => Promise.withResolvers<never>().promise,
    retryTimeoutSeconds: 1,
  });
  const { error, tookMs } = await failureOf(mute.getCluster());
  assert.match(error.message, /DNS gave no answer/u);
  assert.ok(tookMs < 1600);
  await mute.close();
});

test('each version of etcd is asked under its own path, and one that is too old is refused', () => {
  assert.equal(pathPrefixOf('3.4.0', '3.4.23'), '/v3');
  assert.equal(pathPrefixOf('3.6.0', '3.6.1'), '/v3');
  assert.equal(pathPrefixOf('3.3.0', '3.4.1'), '/v3beta');
  assert.equal(pathPrefixOf('not_decided', '3.4.1'), '/v3');
  assert.throws(() => pathPrefixOf('3.2.0', '3.2.1'), /3\.3 or later/u);
  assert.throws(() => pathPrefixOf(undefined, {}), /without a version/u);
});

test('over TLS the host has to show a certificate of our CA, and we show ours', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'etcd-tls-'));
  const at = (file: string): string => join(directory, file);
  const openssl = async (...args: readonly string[]): Promise<unknown> =>
    run('openssl', args, { cwd: directory });
  try {
    writeFileSync(at('san'), 'subjectAltName=IP:127.0.0.1\n');
    for (const ca of ['ca', 'other']) {
      await openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${ca}`,
        '-keyout',
        `${ca}.key`,
        '-out',
        `${ca}.crt`,
      );
    }
    await openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=etcd',
      '-keyout',
      'etcd.key',
      '-out',
      'etcd.csr',
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      'etcd.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'san',
      '-out',
      'etcd.crt',
    );
    const [key, cert, ca] = ['etcd.key', 'etcd.crt', 'ca.crt'].map((file) =>
      readFileSync(at(file)),
    );
    const server = createTlsServer(
      { key, cert, ca, requestCert: true, rejectUnauthorized: true } as object,
      (request, response) => {
        const isVersion = request.url === '/version';
        response.end(
          isVersion
            ? '{"etcdserver":"3.5.0","etcdcluster":"3.5.0"}'
            : '{"header":{"revision":"5"}}',
        );
      },
    );
    await withServer(server, async (host) => {
      const over = async (files: Partial<ReturnType<typeof configOf>>): Promise<string> => {
        const dcs = dcsOf([], 'a', { config: configOf([host], { protocol: 'https', ...files }) });
        try {
          return (await dcs.getCluster()).members.length === 0 ? 'read' : 'odd';
        } catch (error) {
          return (error as Error).message;
        } finally {
          await dcs.close();
        }
      };
      const own = { cert: at('etcd.crt'), key: at('etcd.key') };
      assert.equal(await over({ ...own, cacert: at('ca.crt') }), 'read');
      assert.equal(await over(own), 'read');
      assert.match(
        await over({ ...own, cacert: at('other.crt') }),
        /certificate that the CA of etcd3\.cacert did not sign/u,
      );
      assert.match(
        await over({ ...own, cacert: at('none.crt') }),
        /can not read etcd3\.cacert '.*none\.crt' \(ENOENT\)/u,
      );
      assert.match(await over({ cacert: at('ca.crt') }), /^Cannot read the cluster/u);
      const plain = dcsOf([host], 'a', { retryTimeoutSeconds: 1 });
      assert.match(
        (await failureOf(plain.getCluster())).error.message,
        /^Cannot read the cluster/u,
      );
      await plain.close();
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
