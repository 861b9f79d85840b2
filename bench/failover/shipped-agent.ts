// The agent as the charm ships it: one file, on the charm's own Node with the flags the charm gives. Measuring it
// from its sources would measure the reading of TypeScript.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFlags } from '../../hooks/cluster/service-plan.ts';
import { buildCharm } from '../../scripts/build.ts';
import { charms } from '../../scripts/charms.ts';

export interface ShippedAgent extends Disposable {
  /** Takes a configuration as its argument. */
  readonly file: string;
}

export async function shipAgent(): Promise<ShippedAgent> {
  const charm = charms.find(({ name }) => name === 'postgresql');
  if (charm === undefined) throw new Error('There is no charm postgresql to build');
  const directory = mkdtempSync(join(tmpdir(), 'pg-agent-'));
  await buildCharm(charm, directory);
  // PostgreSQL's user runs it.
  chmodSync(directory, 0o755);
  const file = join(directory, 'pg-agent');
  const program = join(directory, 'lib/pg-agent.cjs');
  const node = join(directory, 'bin/node');
  writeFileSync(file, `#!/bin/sh\nexec "${node}" ${agentFlags.join(' ')} "${program}" "$@"\n`);
  chmodSync(file, 0o755);
  return { file, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
