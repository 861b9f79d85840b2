// Writes what is made from other files and committed: the charms' metadata as TypeScript, so that no
// hook parses YAML, and the reference pages.
//
//   node scripts/generate.ts           writes what differs
//   node scripts/generate.ts --check   exits 1 naming what differs

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { charmModule } from './generate/charm-module.ts';
import type { CharmYaml } from './generate/charm-yaml.ts';
import { charmReference } from './generate/charm-reference.ts';
import { cliReference } from './generate/cli-reference.ts';
import { decisionReference } from './generate/decision-reference.ts';
import { errorReference } from './generate/error-reference.ts';
import { flagReference } from './generate/flag-reference.ts';
import { printTable } from '../src/core/ha/table.ts';
import { sourceOf } from './build.ts';
import { type CharmSource, charms, root } from './charms.ts';

/** A generated file: path from the root, and what it should hold. */
interface Generated {
  readonly path: string;
  readonly text: string;
}

async function yaml(charm: CharmSource, file: string): Promise<unknown> {
  return parse(await readFile(join(root, sourceOf(charm, file)), 'utf8'));
}

async function readCharm(charm: CharmSource): Promise<CharmYaml> {
  return {
    metadata: await yaml(charm, 'metadata.yaml'),
    config: await yaml(charm, 'config.yaml'),
    actions: await yaml(charm, 'actions.yaml'),
  } as CharmYaml;
}

/** Everything this script makes. */
export async function generate(): Promise<readonly Generated[]> {
  const generated: Generated[] = [
    { path: 'docs/reference/juju-local.md', text: cliReference() },
    { path: 'docs/reference/decisions.md', text: decisionReference() },
    { path: 'test/golden/ha-table.txt', text: printTable() },
    { path: 'docs/reference/errors.md', text: errorReference() },
    { path: 'docs/reference/flags.md', text: flagReference(await flagSources()) },
  ];
  for (const charm of charms) {
    const files = await readCharm(charm);
    generated.push({ path: `docs/reference/${charm.name}.md`, text: charmReference(files) });
    // Charms of one source have one program, which goes by the metadata of the first.
    if (charm.metadata === undefined) {
      const path = join(charm.directory, 'hooks/charm-files.gen.ts');
      generated.push({ path, text: charmModule(files) });
    }
  }
  return generated;
}

/** Name of each charm and the text of its flags. */
async function flagSources(): Promise<readonly (readonly [name: string, source: string])[]> {
  return Promise.all(
    charms
      .filter(({ metadata }) => metadata === undefined)
      .map(
        async ({ name, directory }) =>
          [name, await readFile(join(root, directory, 'hooks/flags.ts'), 'utf8')] as const,
      ),
  );
}

async function current(path: string): Promise<string | null> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  for (const file of await generate()) {
    if ((await current(file.path)) === file.text) {
      continue;
    }
    stale.push(file.path);
    if (!check) {
      await mkdir(dirname(join(root, file.path)), { recursive: true });
      await writeFile(join(root, file.path), file.text);
    }
  }
  if (stale.length > 0) {
    console.log(`${check ? 'Stale' : 'Wrote'}: ${stale.join(', ')}`);
    if (check) {
      console.error("Run 'npm run generate' and commit what it writes");
      process.exit(1);
    }
  }
}
