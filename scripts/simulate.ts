// `npm run simulate`. The simulation stands above the scripts, among the tests; so this file starts it without
// knowing it.

import { pathToFileURL } from 'node:url';
import { root } from './charms.ts';

await import(pathToFileURL(`${root}test/simulation/main.ts`).href);
