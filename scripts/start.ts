// `npm start`: both charms on a model of their own, related, checked, and shown; until Ctrl-C.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '#core/juju/model.ts';
import { statusTable } from '#core/juju/status-table.ts';
import { statusView } from '#core/juju/status-view.ts';
import { JujuLocal } from '#juju-local/client.ts';
import { connectionString } from './start-failover.ts';
import { type StartOptions, startOptions, usage } from './start-options.ts';
import { removeBuilt, startTasks } from './start-tasks.ts';

function show(model: Model, stateDir: string, { once, units }: StartOptions): void {
  const view = statusView(model, {
    now: Date.now(),
    controller: 'local',
    cloud: 'localhost',
    region: 'localhost',
  });
  console.log(`\n${statusTable(view, { relations: true, storage: false })}`);
  console.log(`Connect:    psql "${connectionString(model) ?? 'not published yet'}"`);
  if (!once) {
    console.log(`Look around in another terminal:
            export JUJU_LOCAL_DATA=${stateDir}
            bin/juju-local status --watch 1s
            bin/juju-local debug-log
            bin/juju-local show-unit postgresql/0
            bin/juju-local run salt-job-cache/0 check
            bin/juju-local exec --unit postgresql/0 -- 'relation-ids db'
${units > 1 ? clusterHints : ''}Ctrl-C takes everything down.`);
  }
}

const clusterHints = `            bin/juju-local run postgresql/0 show-cluster
            bin/juju-local run postgresql/0 switchover
            bin/juju-local run postgresql/0 explain
`;

/** Resolves at the first Ctrl-C, SIGTERM or closed terminal, and keeps the program running until then. */
async function interrupted(): Promise<void> {
  const running = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Kept for good: a second Ctrl-C must not leave half of the model behind.
      process.on(signal, () => resolve());
    }
  });
  clearInterval(running);
}

/** Says which units are still on their way out, once for each that went. */
function sayWhoIsLeft(): (text: string) => void {
  let said = '';
  return (text) => {
    const left = (text.match(/[a-z][a-z0-9-]*\/\d+(?= is [a-z]+\/)/gu) ?? []).join(', ');
    if (left !== said && left !== '') {
      console.log(`  waiting for the last hooks of ${left}`);
    }
    said = left;
  };
}

async function takeDown(juju: JujuLocal): Promise<boolean> {
  console.log('Taking everything down');
  try {
    await juju.destroy({
      timeoutMs: 60_000,
      onProgress: sayWhoIsLeft(),
    });
    return true;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ending it by force`);
    await juju.destroy({ force: true });
    return false;
  }
}

/** A directory of this run's own. Others may pass through it: PostgreSQL never runs as root. */
async function ownStateDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'juju-local-'));
  await chmod(directory, 0o711);
  return directory;
}

/** The model of a start that was cut off; null where the start failed before there was one. */
async function startedAnyway(stateDir: string, isInterrupted: boolean): Promise<JujuLocal | null> {
  return isInterrupted ? JujuLocal.bootstrap({ stateDir }) : null;
}

async function main(): Promise<number> {
  const options = startOptions(process.argv.slice(2));
  const stateDir = options.stateDir ?? (await ownStateDir());
  const tasks = startTasks(options, stateDir);
  let failed = false;
  const stopped = interrupted().then(() => 'interrupted' as const);
  const work = tasks.run().then(
    () => 'done' as const,
    (error: unknown) => {
      failed = true;
      console.error(`\n${error instanceof Error ? error.message : String(error)}`);
      return 'failed' as const;
    },
  );
  const ended = await Promise.race([work, stopped]);
  await removeBuilt(tasks.ctx);
  // Interrupted while the model was starting: it is there by now, or about to be.
  const juju = tasks.ctx.juju ?? (await startedAnyway(stateDir, ended === 'interrupted'));
  if (juju === null) {
    await tasks.ctx.etcd?.stop();
    if (options.stateDir === null) {
      await rm(stateDir, { recursive: true, force: true });
    }
    return 1;
  }
  if (ended !== 'interrupted') {
    show(await juju.model(), stateDir, options);
    if (!options.once) {
      await stopped;
    }
  }
  const clean = await takeDown(juju);
  await tasks.ctx.etcd?.stop();
  // A build that was under way when this was interrupted has ended in the meantime.
  await removeBuilt(tasks.ctx);
  return failed || !clean || (options.once && ended === 'interrupted') ? 1 : 0;
}

let exitCode = 2;
try {
  exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
}
// Tasks that were interrupted may still wait for a model that is gone by now.
process.exit(exitCode);
