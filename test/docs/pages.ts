// The project's pages and sources as texts, for the tests that hold the documentation to the code.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

export interface TextFile {
  /** From the root of the checkout, for example `docs/tutorial.md`. */
  readonly path: string;
  readonly text: string;
}

/** Files that match, in the order of their paths. */
export function filesMatching(patterns: readonly string[]): readonly TextFile[] {
  return globSync([...patterns], { cwd: root, exclude: ['node_modules/**', 'build/**'] })
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));
}

/** Every page a person is meant to read. */
export function pages(): readonly TextFile[] {
  return filesMatching(['*.md', 'docs/**/*.md']);
}

/** A page without its blocks of code, where a path or a link may be an example. */
export function prose(text: string): string {
  return text.replaceAll(/^( *)```.*?^\1```$/gmsu, '');
}
