// Which tests there are, by the folders of test/ they stand in.

import { globSync } from 'node:fs';
import { root } from './charms.ts';

/** Test files below the given folders of `test/`, each once, in the same order everywhere. */
export function testFiles(folders: readonly string[], depth: '**' | '.' = '**'): readonly string[] {
  const patterns = folders.map((folder) =>
    depth === '**' ? `test/${folder}/**/*.test.ts` : `test/${folder}/*.test.ts`,
  );
  return [...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: root })))].sort();
}
