// `npm run bench`. The benchmarks stand above the scripts, whose build they use; so this file starts
// them without knowing them.

import { pathToFileURL } from 'node:url';
import { root } from './charms.ts';

await import(pathToFileURL(`${root}bench/main.ts`).href);
