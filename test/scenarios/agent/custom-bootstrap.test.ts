// Clusters that begin as a copy of another one: cloned while it runs, and restored from a backup with its WAL.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { replication, type YamlMap } from '../../cluster/member-document.ts';
import type { Member } from '../../cluster/member.ts';
import type { Site } from '../../cluster/with-cluster.ts';
import { within } from '../../cluster/within.ts';
import { untilReplicated } from './questions.ts';
import { siteScenario, type Step } from './scenario.ts';

/** Takes the directory from the arguments as the agent gives them: `--scope=` and `--datadir=`. */
const readArguments = [
  '#!/bin/sh',
  'set -e',
  'for argument in "$@"; do',
  '  case "$argument" in',
  '    --datadir=*) target="${argument#--datadir=}" ;;',
  '    --source=*) source="${argument#--source=}" ;;',
  '  esac',
  'done',
];

function passwordFileLine(source: Member): string {
  const { host, postgresPort } = source.place;
  const escaped = replication.password.replaceAll(/[\\:]/gu, String.raw`\$&`);
  return `${host}:${postgresPort}:*:${replication.username}:${escaped}\n`;
}

/** Makes `member` begin its cluster by a script; `section` is that method's own configuration. */
async function beginBy(
  member: Member,
  lines: readonly string[],
  source: string,
  section: YamlMap,
): Promise<void> {
  const script = await member.writeFile(
    'begin.sh',
    [...readArguments, ...lines, ''].join('\n'),
    0o755,
  );
  // Keys of the section are arguments of the command; Debian's Patroni does not do that yet.
  const ours =
    agentUnderTest === 'patroni'
      ? { command: `${script} --source=${source}` }
      : { command: script, source };
  await member.configure({
    bootstrap: { method: 'begin', begin: { ...ours, ...section } },
    // Until its own pg_hba.conf is there the copy is asked over its socket.
    postgresql: { use_unix_socket: true },
  });
}

async function clones(site: Site, source: Cluster): Promise<Cluster> {
  const cluster = await site.cluster(1, { scope: 'batman1' });
  const member = cluster.at(0);
  const passwordFile = await member.writeFile(
    'source.pgpass',
    passwordFileLine(source.at(0)),
    0o600,
  );
  const { host, postgresPort, binDirectory } = source.at(0).place;
  const connection = `-h ${host} -p ${postgresPort} -U ${replication.username}`;
  await beginBy(
    member,
    [
      `export PGPASSFILE='${passwordFile}'`,
      `${binDirectory}/pg_basebackup -D "$target" -X stream -c fast -w ${connection}`,
    ],
    '',
    {},
  );
  const archive = join(member.place.directory, 'archive');
  await member.configure({
    bootstrap: {
      dcs: {
        postgresql: {
          parameters: {
            archive_mode: 'on',
            archive_command: `mkdir -p '${archive}' && cp %p '${archive}/%f'`,
          },
        },
      },
    },
  });
  await member.start();
  await cluster.untilLeader('postgres-0', 20);
  assert.equal(await member.value('SELECT value FROM foo'), '1');
  return cluster;
}

/** A backup is taken, then something is written that is in the archive only. */
async function restores(site: Site, source: Cluster): Promise<void> {
  const from = source.at(0);
  const backup = join(from.place.directory, 'backup');
  const archive = join(from.place.directory, 'archive');
  const cluster = await site.cluster(2, { scope: 'batman2' });
  const member = cluster.at(0);
  await beginBy(member, ['cp -R "$source" "$target"', 'chmod 0700 "$target"'], backup, {
    recovery_conf: {
      recovery_target_action: 'promote',
      recovery_target_timeline: 'latest',
      restore_command: `cp '${archive}/%f' %p`,
    },
  });
  await takeBackup(site, from, backup);
  await from.sql('CREATE TABLE bar AS SELECT 2 AS value');
  await from.sql('SELECT pg_switch_wal()');
  await within(20, 'all WAL is in the archive', async () => {
    const rows = await from.sql(
      'SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) AS done FROM pg_stat_archiver',
    );
    assert.deepEqual(rows, [{ done: true }]);
  });
  await member.start();
  await cluster.untilLeader('postgres-0', 30);
  assert.equal(await member.value('SELECT value FROM foo'), '1');
  assert.equal(await member.value('SELECT value FROM bar'), '2');
  await cluster.at(1).start();
  await cluster.untilStreaming(30);
  await untilReplicated(member, [cluster.at(1)], 'buz', 20);
}

async function takeBackup(site: Site, from: Member, backup: string): Promise<void> {
  const { host, postgresPort, binDirectory } = from.place;
  const passwordFile = await from.writeFile('backup.pgpass', passwordFileLine(from), 0o600);
  const taken = await runProgram({
    file: join(binDirectory, 'pg_basebackup'),
    args: [
      '-D',
      backup,
      '-X',
      'none',
      '-c',
      'fast',
      '-w',
      '-h',
      host,
      '-p',
      String(postgresPort),
      '-U',
      replication.username,
    ],
    as: site.ground.directory.identity,
    timeoutMs: 60_000,
    environment: { PGPASSFILE: passwordFile },
  });
  assert.equal(taken.exitCode, 0, taken.stderr);
}

siteScenario('custom bootstrap', async (site: Site, step: Step) => {
  const source = await site.cluster(1);
  const clusters: Cluster[] = [];
  await step('makes a cluster out of a clone of another', async () => {
    await source.at(0).start();
    await source.untilLeader('postgres-0', 20);
    await source.at(0).sql('CREATE TABLE foo AS SELECT 1 AS value');
    clusters.push(await clones(site, source));
  });
  await step('makes a cluster out of a backup and its WAL', async () => {
    const cloned = clusters[0];
    assert.ok(cloned);
    await restores(site, cloned);
  });
});
