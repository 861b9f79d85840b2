// What `npm start` does, step by step, each with a line that tells how it stands.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Listr, type ListrTask } from 'listr2';
import type { Model } from '#core/juju/model.ts';
import { JujuLocal } from '#juju-local/client.ts';
import { buildCharm } from './build.ts';
import { charms } from './charms.ts';
import { type DemoEtcd, startEtcd } from './demo-etcd.ts';
import { setUp } from './set-up.ts';
import { isWhole, killPrimary } from './start-failover.ts';
import type { StartOptions } from './start-options.ts';

export interface StartContext {
  juju: JujuLocal | null;
  /** Folder this run built the charms in. */
  charms: string | null;
  /** Where the cluster keeps who leads it; null for a single server. */
  etcd: DemoEtcd | null;
  /** What the check answered. */
  checked: Readonly<Record<string, unknown>> | null;
}

const waitMs = 5 * 60_000;

/** The charms it deploys. */
const shown: readonly string[] = ['postgresql', 'salt-job-cache'];

/** How a unit stands, in the words of its own status. */
function unitLine(model: Model, name: string): string {
  const unit = model.units[name];
  if (unit === undefined) {
    return 'waiting for its machine';
  }
  const { workloadStatus: workload, agentStatus: agent } = unit;
  const doing = agent.status === 'executing' ? ` [${agent.message}]` : '';
  return `${workload.status}: ${workload.message}${doing}`;
}

/**
 * A unit's own line: follows its status until the model has nothing left to do but what time brings.
 * Then the unit is as wanted, or something is wrong that waiting would not mend.
 */
function unitTask(name: string, units: number): ListrTask<StartContext> {
  return {
    title: name,
    rendererOptions: { persistentOutput: true },
    task: async (context, task) => {
      const juju = running(context);
      const settled = new AbortController();
      const whole = units === 1 ? Promise.resolve() : untilWhole(context, units);
      const end = whole
        .then(async () => juju.settled({ timeoutMs: waitMs }))
        .finally(() => {
          settled.abort();
        });
      // On a terminal the line stands below its unit; in a plain log it has to say whose it is.
      const tell = (line: string): void => {
        task.output = process.stdout.isTTY ? line : `${name} ${line}`;
      };
      await followUnit(juju, name, settled.signal, tell);
      const model = await end;
      if (process.stdout.isTTY) {
        tell(unitLine(model, name));
      }
      if (model.units[name]?.workloadStatus.status !== 'active') {
        throw new Error(`${name} should be active, but is ${unitLine(model, name)}`);
      }
    },
  };
}

/** Tells how a unit stands whenever that changed, until the signal says to stop. */
async function followUnit(
  juju: JujuLocal,
  name: string,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  let told = '';
  try {
    for await (const event of juju.events(signal)) {
      void event;
      const line = unitLine(await juju.model(), name);
      if (line !== told) {
        tell(line);
      }
      told = line;
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

function running(context: StartContext): JujuLocal {
  if (context.juju === null) {
    throw new Error('The model is not running');
  }
  return context.juju;
}

/** Where this run builds a charm: a place of its own, so that it disturbs nobody who uses build/. */
function builtIn(context: StartContext, name: string): string {
  return join(context.charms ?? tmpdir(), name);
}

async function buildBoth(context: StartContext): Promise<void> {
  context.charms = await mkdtemp(join(tmpdir(), 'charms-'));
  const both = charms.filter(({ name }) => shown.includes(name));
  await Promise.all(both.map((charm) => buildCharm(charm, builtIn(context, charm.name))));
}

/** juju-local copies a charm when it is deployed, so what was built is needed no longer then. */
async function deployBoth(context: StartContext, units: number): Promise<void> {
  const juju = running(context);
  const { etcd } = context;
  const config: Readonly<Record<string, string>> =
    etcd === null ? {} : { 'etcd-endpoints': etcd.endpoint };
  await juju.deploy({ path: builtIn(context, 'postgresql'), units, config });
  await juju.deploy({ path: builtIn(context, 'salt-job-cache') });
  await juju.integrate('salt-job-cache:db', 'postgresql:db');
  await removeBuilt(context);
}

/** Takes away what this run built; nothing where it is gone already. */
export async function removeBuilt(context: StartContext): Promise<void> {
  if (context.charms !== null) {
    await rm(context.charms, { recursive: true, force: true });
  }
}

/** The units to watch. */
function watched(units: number): readonly string[] {
  return [
    ...Array.from({ length: units }, (_, index) => `postgresql/${index}`),
    'salt-job-cache/0',
  ];
}

/** Waits until the cluster is whole: its agents go on working when no hook is left to run. */
async function untilWhole(context: StartContext, units: number): Promise<void> {
  await running(context).waitFor(
    (model) =>
      isWhole(model, units) && model.units['salt-job-cache/0']?.workloadStatus.status === 'active',
    (model) =>
      watched(units)
        .map((name) => `${name} ${unitLine(model, name)}`)
        .join('\n'),
    { timeoutMs: waitMs },
  );
}

function etcdTask(): ListrTask<StartContext> {
  return {
    title: 'A real etcd on this machine',
    task: async (context, task) => {
      context.etcd = await startEtcd();
      task.title = `etcd listens on ${context.etcd.endpoint}`;
    },
  };
}

function checkTask(): ListrTask<StartContext> {
  return {
    title: 'Record a Salt job and read it back: action check on salt-job-cache/0',
    task: async (context, task) => {
      const done = await running(context).run('salt-job-cache/0', 'check');
      if (done.status !== 'completed') {
        throw new Error(`check ${done.status}: ${done.message}`);
      }
      context.checked = done.results;
      task.title = `Recorded Salt job ${String(done.results['jid'])} and read it back`;
    },
  };
}

function failoverTask(units: number): ListrTask<StartContext> {
  return {
    title: "Kill the primary's PostgreSQL",
    rendererOptions: { persistentOutput: true },
    task: async (context, task) => {
      const done = await killPrimary(running(context), units, (line) => {
        task.output = line;
      });
      const who =
        done.primary === done.killed
          ? `${done.primary} is the primary again`
          : `${done.primary} is the primary now`;
      task.title = `Killed PostgreSQL of ${done.killed}: no write for ${(done.outageMs / 1000).toFixed(1)} s, and ${who}`;
    },
  };
}

export function startTasks(options: StartOptions, stateDir: string): Listr<StartContext> {
  return new Listr<StartContext>(
    [
      {
        title: 'A PostgreSQL server on this machine',
        task: (_context, task) => {
          const found = setUp();
          if (!found.ok) {
            throw new Error(
              `${found.problem?.message ?? 'PostgreSQL is missing'}. ${found.problem?.hint ?? ''}`,
            );
          }
          task.title = `PostgreSQL ${found.version ?? ''} is on this machine`;
        },
      },
      ...(options.units === 1 ? [] : [etcdTask()]),
      {
        title: 'Build both charms',
        task: async (context) => {
          await buildBoth(context);
        },
      },
      {
        title: `A model in ${stateDir}`,
        task: async (context) => {
          context.juju = await JujuLocal.bootstrap({ stateDir });
        },
      },
      {
        title: 'Deploy postgresql and salt-job-cache, and relate them over pgsql',
        task: async (context) => {
          await deployBoth(context, options.units);
        },
      },
      {
        title: 'Units',
        task: (_context, task) =>
          task.newListr(
            watched(options.units).map((name) => unitTask(name, options.units)),
            { concurrent: true, rendererOptions: { collapseSubtasks: false } },
          ),
      },
      checkTask(),
      ...(options.units === 1 ? [] : [failoverTask(options.units), checkTask()]),
    ],
    {
      ctx: { juju: null, charms: null, etcd: null, checked: null },
      renderer: 'default',
      fallbackRenderer: 'simple',
      // Ctrl-C is ours: it takes the model down.
      registerSignalListeners: false,
    },
  );
}
