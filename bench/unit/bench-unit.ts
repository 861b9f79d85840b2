// One unit of the postgresql charm, with a real PostgreSQL and Juju's side played by files: its
// directories, its hooks in Juju's order, and its end.

import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDefaults } from '#hooks/charm-files.gen.ts';
import { timedRun, type TimedRun } from '../measure/timed-process.ts';
import { buildCharm, type BuiltCharm } from '../../scripts/build.ts';
import { charms } from '../../scripts/charms.ts';
import { endServer } from './end-server.ts';
import { freeAddress } from './free-address.ts';
import {
  type Hook,
  hookEnvironment,
  hookName,
  localApplication,
  localUnit,
  type RelationEnd,
  type UnitPaths,
} from './hook.ts';
import { JujuAnswers, type ToolCalls, toolNames } from './juju-answers.ts';

export interface HookRun {
  readonly wallMs: number;
  readonly calls: ToolCalls;
  readonly toolCalls: number;
}

const toolSource = fileURLToPath(new URL('hook-tool.sh', import.meta.url));
const peer: RelationEnd = {
  endpoint: 'cluster',
  number: 0,
  application: localApplication,
  unit: '',
};

export class BenchUnit implements AsyncDisposable {
  /** Address PostgreSQL listens on. */
  readonly host: string;
  readonly bundleSizes: BuiltCharm['bundleBytes'];
  readonly answers: JujuAnswers;
  readonly paths: UnitPaths;
  readonly #directory: string;

  private constructor(directory: string, host: string, bundleSizes: BuiltCharm['bundleBytes']) {
    this.#directory = directory;
    this.host = host;
    this.bundleSizes = bundleSizes;
    this.paths = {
      charmDirectory: join(directory, 'charm'),
      toolsDirectory: join(directory, 'tools'),
    };
    this.answers = new JujuAnswers(join(directory, 'answers'));
  }

  /** Makes the unit; none of its hooks has run. `directory` for everything it has is made and taken away. */
  static async create(): Promise<BenchUnit> {
    const directory = await mkdtemp(join(tmpdir(), 'pg-bench-'));
    try {
      // PostgreSQL does not run as root, and its user has to get at the storage.
      await chmod(directory, 0o755);
      for (const name of ['charm', 'tools', 'answers', 'storage']) {
        await mkdir(join(directory, name));
      }
      const sizes = await buildForBench(join(directory, 'charm'));
      const unit = new BenchUnit(directory, await freeAddress(), sizes);
      await unit.#installTools();
      unit.#prepareAnswers();
      return unit;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The hooks of a new unit that leads its application, in Juju's order (L20). */
  async converge(): Promise<void> {
    await this.run({
      kind: 'storage',
      event: 'attached',
      storage: 'pgdata',
      location: join(this.#directory, 'storage'),
    });
    await this.run({ kind: 'unit', name: 'install' });
    this.answers.addRelation(peer);
    await this.run({ kind: 'relation', event: 'created', relation: peer });
    for (const name of ['leader-elected', 'config-changed', 'start'] as const) {
      await this.run({ kind: 'unit', name });
    }
    const status = this.answers.status();
    if (!status.startsWith('active ')) {
      throw new Error(
        `Cannot measure a unit that is not ready: after 'start' its status is "${status}"`,
      );
    }
  }

  /**
   * Runs one hook as Juju does and commits what it wrote.
   *
   * @param extra variables beyond those of Juju, for a probe
   * @throws Error with what the hook said where it fails
   */
  async run(hook: Hook, extra: Readonly<Record<string, string>> = {}): Promise<HookRun> {
    const done = await this.#start(join(this.paths.charmDirectory, 'dispatch'), [], hook, extra);
    const calls = this.answers.takeCalls();
    const log = this.answers.takeLog();
    if (done.exitCode !== 0) {
      throw new Error(
        `Cannot go on: hook ${hookName(hook)} ended with exit code ${done.exitCode ?? 'of a signal'}\n${log}\n${done.output}`.trimEnd(),
      );
    }
    this.answers.commit();
    const toolCalls = Object.values(calls).reduce((sum, count) => sum + count, 0);
    return { wallMs: done.wallMs, calls, toolCalls };
  }

  /** `node -e 0` of the charm's runtime, in the environment of a hook: what no hook can be faster than. */
  async bareNode(): Promise<number> {
    const node = join(this.paths.charmDirectory, 'bin/node');
    const done = await this.#start(node, ['-e', '0'], { kind: 'unit', name: 'update-status' }, {});
    if (done.exitCode !== 0) throw new Error(`Cannot run ${node} -e 0: ${done.output}`);
    return done.wallMs;
  }

  /** Takes the server down by the charm's own hook, or by force, and removes every file. */
  async [Symbol.asyncDispose](): Promise<void> {
    const storage = join(this.#directory, 'storage');
    try {
      await this.run({ kind: 'storage', event: 'detaching', storage: 'pgdata', location: storage });
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
    }
    await endServer(join(storage, 'main'));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #start(
    file: string,
    args: readonly string[],
    hook: Hook,
    extra: Readonly<Record<string, string>>,
  ): Promise<TimedRun> {
    return timedRun({
      file,
      args,
      workingDirectory: this.paths.charmDirectory,
      environment: { ...hookEnvironment(hook, this.paths), ...extra },
    });
  }

  async #installTools(): Promise<void> {
    const tool = join(this.paths.toolsDirectory, 'hook-tool');
    await copyFile(toolSource, tool);
    await chmod(tool, 0o755);
    for (const name of toolNames) {
      await symlink('hook-tool', join(this.paths.toolsDirectory, name));
    }
  }

  #prepareAnswers(): void {
    this.answers.answer('config-get', configDefaults);
    const address = { hostname: '', value: this.host, cidr: `${this.host}/24` };
    this.answers.answer('network-get', {
      'bind-addresses': [{ 'mac-address': '', 'interface-name': 'lo', addresses: [address] }],
      'egress-subnets': [`${this.host}/32`],
      'ingress-addresses': [this.host],
    });
    this.answers.setBag(peer, localUnit, networkKeys(this.host));
  }
}

/** What Juju itself puts into every unit's bag (H45). */
export function networkKeys(address: string): Readonly<Record<string, string>> {
  return {
    'egress-subnets': `${address}/32`,
    'ingress-address': address,
    'private-address': address,
  };
}

/** Into a directory of the bench's own, so that measuring neither needs nor disturbs build/charms. */
async function buildForBench(directory: string): Promise<BuiltCharm['bundleBytes']> {
  const charm = charms.find((one) => one.name === localApplication);
  if (charm === undefined) throw new Error(`There is no charm ${localApplication}`);
  return (await buildCharm(charm, directory)).bundleBytes;
}
