// What is wrong around an agent: its file, its data directory, its store, requests to it, its disk. It says one
// clear sentence of it, and no data directory that holds a cluster is ever deleted.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { freePort } from '../../cluster/addresses.ts';
import { agentProgram, agentUnderTest, needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { rest } from '../../cluster/rest.ts';
import type { Site } from '../../cluster/with-cluster.ts';
import { throughout, within } from '../../cluster/within.ts';
import { untilLogged, untilReplica, untilReplicated } from './questions.ts';
import { scenario, siteScenario } from './scenario.ts';

const skip = needsPatroni4('message of ours');

/** Lines of a program's output that come from a stack of calls, which no message for people has. */
const stackLine = /^\s+at \S+ ?\(?.*:\d+:\d+\)?$/mu;

/** Runs the agent on a file that is wrong; gives all it said before it ended by itself. */
async function saidOf(site: Site, text: string, options: readonly string[] = []): Promise<string> {
  const path = join(site.ground.directory.path, 'wrong.yml');
  await writeFile(path, text, { mode: 0o644 });
  const { stdout, stderr, exitCode } = await runProgram({
    file: agentProgram(agentUnderTest).file,
    args: [...options, path],
    as: site.ground.directory.identity,
    timeoutMs: 20_000,
    environment: { ...site.ground.directory.environment },
  });
  const said = stdout + stderr;
  assert.ok(exitCode !== null && exitCode !== 0, `it ended with ${exitCode} and said: ${said}`);
  assert.doesNotMatch(said, stackLine);
  return said;
}

siteScenario(
  'bad configuration files',
  async (site, step) => {
    const cluster = await site.cluster(2);
    const member = cluster.at(0);
    const right = await readFile(member.configFile, 'utf8');

    await step('a file that is not YAML', async () => {
      assert.match(
        await saidOf(site, 'scope: [a\nname: b\n'),
        /wrong\.yml: it is no YAML: line \d/u,
      );
      assert.match(await saidOf(site, ''), /wrong\.yml: it is empty/u);
    });
    await step('a file without a section', async () => {
      const without = right.replace(/^etcd3:\n(?: .*\n)*/mu, '');
      assert.match(await saidOf(site, without), /etcd3/u);
    });
    await step('an unknown bootstrap method', async () => {
      const unknown = right.replace(/^bootstrap:\n/mu, 'bootstrap:\n  method: no_such_method\n');
      assert.match(
        await saidOf(site, unknown),
        /bootstrap\.method "no_such_method" is no bootstrap/u,
      );
    });
    await step('passwords with quotes, $$, % and a newline', async () => {
      const password = `a'b"c$$d%e\\f: $1 \${HOME}`;
      for (const one of cluster.members) {
        await one.configure({
          postgresql: {
            authentication: {
              replication: { password },
              rewind: { password: `${password}$$` },
            },
          },
        });
      }
      await cluster.startAll();
      await untilReplicated(cluster.at(0), [cluster.at(1)], 'foo', 20);
      for (const one of cluster.members) {
        assert.ok(!(await one.agentLog()).includes(password), 'a password is in the log');
        assert.ok(!(await one.postgresLog()).includes(password), 'a password is in the log');
      }
      // A password file can't hold one, so it is either carried another way or refused by name.
      const broken = right.replace(/(replication:\n(?:.*\n)?.*password: ).*$/mu, '$1"se\\ncret"');
      assert.notEqual(broken, right);
      const said = await saidOf(site, broken, ['--validate-config', '-i']);
      assert.match(said, /postgresql\.authentication\.replication\.password/u);
      assert.doesNotMatch(said, /cret/u);
    });
  },
  skip,
);

/** Makes a data directory that no member of the cluster has made. */
async function foreignData(site: Site, member: Member): Promise<void> {
  const made = await runProgram({
    file: join(member.place.binDirectory, 'initdb'),
    args: ['-D', member.dataDirectory, '-U', 'postgres', '--no-sync', '--auth=trust'],
    as: site.ground.directory.identity,
    timeoutMs: 60_000,
  });
  assert.equal(made.exitCode, 0, made.stderr);
}

async function systemIdentifier(member: Member): Promise<string> {
  const { stdout } = await promisify(execFile)(
    join(member.place.binDirectory, 'pg_controldata'),
    [member.dataDirectory],
    { env: { LC_ALL: 'C' } },
  );
  return /system identifier: +(\d+)/u.exec(stdout)?.[1] ?? '';
}

/** Starts a member whose data directory is wrong, and expects a sentence about it and the directory as it was. */
async function refusesData(member: Member, sentence: RegExp): Promise<void> {
  const before = await systemIdentifier(member);
  await member.start();
  await untilLogged(member, sentence, 15);
  assert.doesNotMatch(await member.agentLog(), stackLine);
  if (member.isAgentRunning) {
    await throughout(3, 'it does not run', async () =>
      assert.equal(await member.postmasterPid(), null),
    );
  }
  await member.stop();
  assert.equal(await systemIdentifier(member), before);
}

siteScenario(
  'bad data directories',
  async (site, step) => {
    const cluster = await site.cluster(1);
    await cluster.at(0).start();
    await cluster.untilLeader('postgres-0', 20);

    await step('one of another cluster', async () => {
      const member = await cluster.add();
      await foreignData(site, member);
      await refusesData(
        member,
        /system ID mismatch, node postgres-1 belongs to a different cluster: \d+ != \d+/u,
      );
    });
    await step('one of another major version', async () => {
      const member = await cluster.add();
      await foreignData(site, member);
      await writeFile(join(member.dataDirectory, 'PG_VERSION'), '14\n');
      await refusesData(member, /14.*15|15.*14/u);
    });
    await step('one that was cloned by half', async () => {
      const member = await cluster.add();
      const { identity } = site.ground.directory;
      for (const name of [member.dataDirectory, join(member.dataDirectory, 'base')]) {
        await mkdir(name, { mode: 0o700 });
        if (identity.isOther) await chown(name, identity.uid, identity.gid);
      }
      await writeFile(join(member.dataDirectory, 'backup_label'), 'START WAL LOCATION: 0/2\n');
      await member.start();
      await within(20, 'it says what is wrong, or has cloned again', async () => {
        const log = await member.agentLog();
        const isTold = /holds backup_label, base and is no complete cluster/u.test(log);
        assert.ok(isTold || (await member.code('/replica')) === 200, log.slice(-500));
      });
      assert.doesNotMatch(await member.agentLog(), stackLine);
      await member.stop();
    });
    if (process.getuid?.() !== 0) return;
    await step('one that is owned by somebody else', async () => {
      const member = await cluster.add();
      await foreignData(site, member);
      await chown(member.dataDirectory, 0, 0);
      await chmod(member.dataDirectory, 0o700);
      await refusesData(member, /data directory.*(?:owned|not accessible|permission)/iu);
    });
  },
  skip,
);

async function withGarbage(site: Site, body: (endpoint: string) => Promise<void>): Promise<void> {
  const host = `${site.ground.network}.${site.ground.addresses.next().value}`;
  const server = createServer((_request, response) => {
    response.end('<html>this is no etcd</html>');
  });
  const port = await freePort(host);
  server.listen(port, host);
  try {
    await body(`${host}:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

siteScenario(
  'a bad store',
  async (site, step) => {
    const cluster = await site.cluster(2);
    const [first, second] = [cluster.at(0), cluster.at(1)];

    await step('one that answers garbage', async () => {
      await withGarbage(site, async (endpoint) => {
        await second.configure({ etcd3: { host: endpoint } });
        await second.start();
        await untilLogged(second, /etcd.*(?:not JSON|no JSON|answer|understand)/iu, 15);
        assert.doesNotMatch(await second.agentLog(), stackLine);
        await second.stop();
      });
      await second.configure({ etcd3: { host: cluster.etcd.endpoint } });
    });
    await step('one that hangs, and goes on', async () => {
      await cluster.startAll();
      await untilReplicated(first, [second], 'foo', 20);
      cluster.etcd.freeze();
      // It may lead on until shortly before its lease ends.
      await within(22, 'the primary steps down', async () =>
        assert.equal(await first.value('SELECT pg_is_in_recovery()'), 'true'),
      );
      cluster.etcd.thaw();
      await within(30, 'there is a primary again', async () => {
        const leader = await cluster.leadingMember();
        assert.equal(await leader.code('/primary'), 200);
      });
      await cluster.untilStreaming(30);
    });
    await step('one that lost its data', async () => {
      const leader = await cluster.leadingMember();
      const before = await systemIdentifier(leader);
      await cluster.etcd.stop();
      cluster.etcd.wipe();
      await cluster.etcd.start();
      await within(40, 'the keys are there again', async () => {
        assert.equal(await cluster.key('initialize'), before);
        assert.equal((await cluster.jsonKey('config'))['loop_wait'], 1);
        assert.equal(await (await cluster.leadingMember()).code('/primary'), 200);
      });
      await cluster.untilStreaming(40);
      const now = await cluster.leadingMember();
      assert.equal(await now.value('SELECT value FROM foo'), '1');
      assert.equal(await systemIdentifier(now), before);
    });
  },
  skip,
);

/** Sends bytes as they are; gives what came back until the connection ended. */
async function sendRaw(member: Member, bytes: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(member.place.restPort, member.place.host);
  let seen = '';
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('utf8');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(seen));
  socket.write(bytes);
  return promise;
}

async function refusesStrangers(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const unauthenticated = await first.patch('/config', { ttl: 30 });
  assert.equal(unauthenticated.status, 401);
  assert.match(unauthenticated.headers.get('www-authenticate') ?? '', /^Basic realm=/u);
  const wrong = `Basic ${Buffer.from('admin:wrong').toString('base64')}`;
  const url = `${first.restUrl}/restart`;
  assert.equal((await rest('POST', url, {}, { authorization: wrong })).status, 401);
  assert.equal(await first.code('/primary'), 200);
}

async function refusesNonsense(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
  const url = `${first.restUrl}/config`;
  assert.equal((await rest('PATCH', url, '{"ttl": ', { authorization })).status, 400);
  assert.equal((await rest('PATCH', url, '[1]', { authorization })).status, 400);
  assert.equal((await rest('POST', `${first.restUrl}/nothing`, {}, { authorization })).status, 501);
  assert.match(await sendRaw(first, 'NONSENSE\r\n\r\n'), /^(?:HTTP\/1\.[01] 400|$)/u);
  assert.match(
    await sendRaw(first, `GET /${'x'.repeat(200_000)} HTTP/1.1\r\nHost: a\r\n\r\n`),
    /^(?:HTTP\/1\.[01] 4\d\d|$)/u,
  );
  const length = 64 * 1024 * 1024;
  const head = `PATCH /config HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Length: ${length}\r\n\r\n`;
  assert.match(
    await sendRaw(first, `${head}${'x'.repeat(4 * 1024 * 1024)}`),
    /^(?:HTTP\/1\.[01] 413|$)/u,
  );
  assert.equal(await first.code('/primary'), 200);
  assert.ok(first.isAgentRunning);
  assert.doesNotMatch(await first.agentLog(), stackLine);
}

scenario(
  'bad requests',
  {
    members: 1,
    member: () => ({ restapi: { authentication: { username: 'admin', password: 'secret' } } }),
  },
  async (cluster, step) => {
    await cluster.at(0).start();
    await cluster.untilLeader('postgres-0', 20);
    await step('from somebody without a password', async () => refusesStrangers(cluster));
    await step('that are malformed or too large', async () => refusesNonsense(cluster));
  },
  skip,
);

/** A small disk of its own for a member's data; gone with `body`. */
async function withSmallDisk(path: string, body: () => Promise<void>): Promise<void> {
  const run = promisify(execFile);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=755', 'tmpfs', path]);
  try {
    await body();
  } finally {
    await run('umount', ['-l', path]);
  }
}

siteScenario(
  'a full disk',
  async (site, step) => {
    const cluster = await site.cluster(1);
    const first = cluster.at(0);
    await first.start();
    await cluster.untilLeader('postgres-0', 20);
    const member = await cluster.add();
    const disk = await member.makeDirectory('disk');
    await withSmallDisk(disk, async () => {
      const { identity } = site.ground.directory;
      if (identity.isOther) await chown(disk, identity.uid, identity.gid);
      await member.configure({ postgresql: { data_dir: join(disk, 'data') } });
      await step('while a replica is cloned: it is said, and done when there is room', async () => {
        const filler = join(disk, 'filler');
        await writeFile(filler, Buffer.alloc(285 * 1024 * 1024));
        await member.start();
        await untilLogged(member, /No space left on device/u, 30);
        await rm(filler);
        await untilReplica(member, 40);
      });
      await step('while a replica runs: it is said, and its data stay', async () => {
        const filler = join(disk, 'filler');
        // As much as there is: the last write fails.
        await writeFile(filler, Buffer.alloc(300 * 1024 * 1024)).catch(() => undefined);
        await first.sql(
          "CREATE TABLE heavy AS SELECT repeat('x', 900) FROM generate_series(1, 40000)",
        );
        await within(30, 'PostgreSQL says it', async () =>
          assert.match(await member.postgresLog(), /No space left on device/u),
        );
        assert.ok((await readdir(join(disk, 'data'))).includes('PG_VERSION'));
        await rm(filler);
        await cluster.untilRows(member, 'heavy', 40_000, 60);
      });
      await member.stop();
      await first.stop();
    });
  },
  process.getuid?.() === 0 ? skip : 'only root can make a small disk',
);
