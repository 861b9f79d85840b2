// Ships a charm's programs compiled. A hook of 100 kB costs Node 6 ms to read and compile in every event of
// every unit; V8 can keep what it made of it, and the charm carries the very Node that made it.

import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolNames } from '#core/juju/tools/environment.ts';
import { type BundleSource, root } from './charms.ts';

/** A unit to which nothing has happened: every hook tool answers with nothing. */
const emptyTool = `#!/bin/sh
case \${0##*/} in
  relation-ids | relation-list | storage-list | opened-ports) echo '[]' ;;
  is-leader) echo false ;;
  relation-get | config-get) echo '{}' ;;
  status-set | juju-log) ;;
  *) echo null ;;
esac
`;

/** The flags with which the charm's dispatch runs Node. Some flags of V8 make it refuse the compiled form. */
export function nodeFlags(dispatch: string): readonly string[] {
  const line = dispatch.split('\n').find((one) => one.startsWith('exec ')) ?? '';
  return line.split(' ').filter((word) => word.startsWith('--'));
}

/** Puts `tool` under the name of every hook tool into a directory. */
async function emptyTools(directory: string): Promise<void> {
  const tool = join(directory, 'any-tool');
  await writeFile(tool, emptyTool);
  await chmod(tool, 0o755);
  for (const name of toolNames) {
    await symlink(tool, join(directory, name));
  }
}

/** The environment of a hook of an empty unit, as far as a charm looks at it. */
function emptyUnit(charm: string, tools: string): Readonly<Record<string, string>> {
  return {
    PATH: `${tools}:/usr/bin:/bin`,
    JUJU_CHARM_DIR: charm,
    JUJU_CONTEXT_ID: 'warm/0-update-status-0',
    JUJU_DISPATCH_PATH: 'hooks/update-status',
    JUJU_HOOK_NAME: 'update-status',
    JUJU_MODEL_NAME: 'warm',
    JUJU_MODEL_UUID: '00000000-0000-4000-8000-000000000000',
    JUJU_UNIT_NAME: 'warm/0',
    JUJU_VERSION: '3.6.9',
    UNIT_STATE_DB: join(tools, 'unit-state.db'),
  };
}

/**
 * Turns each program NAME.cjs of a built charm, a bundle, into a loader, the program as NAME.js, and what
 * V8 made of it as NAME.cache. The program is run once for it, as a hook in which nothing happens or with
 * a request it does not know, so that what every run needs is in.
 */
export async function compilePrograms(
  charm: string,
  programs: readonly BundleSource[],
): Promise<void> {
  const tools = await mkdtemp(join(tmpdir(), 'hook-tools-'));
  try {
    await emptyTools(tools);
    const usual = nodeFlags(await readFile(join(charm, 'dispatch'), 'utf8'));
    for (const { output: program, flags = usual } of programs) {
      const loader = join(charm, program);
      const file = loader.replace(/\.cjs$/u, '.js');
      const bundle = await readFile(loader, 'latin1');
      const wrapped = `(function (exports, require, module, __filename, __dirname) {${bundle}\n})`;
      await writeFile(file, wrapped, 'latin1');
      await copyFile(join(root, 'scripts/program-loader.cjs'), loader);
      const warmer = join(root, 'scripts/warm-program.cjs');
      const run = spawnSync(join(charm, 'bin/node'), [...flags, warmer, file], {
        env: emptyUnit(charm, tools),
        input: '{}',
        encoding: 'utf8',
      });
      if (run.status !== 0) {
        throw new Error(`Cannot compile ${program} of ${charm}: ${run.stderr.trim()}`);
      }
    }
  } finally {
    await rm(tools, { recursive: true, force: true });
  }
}
