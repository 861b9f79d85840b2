#!/usr/bin/env node
// The program `salt-job-cache`: a Salt master's jobs in PostgreSQL.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// The cache stands in the checkout; where that can't be written Node goes without.
enableCompileCache(fileURLToPath(new URL('../.cache/v8', import.meta.url)));

// Only what is imported from here on is cached.
const { main } = await import('#salt-job-cache/cli/main.ts');

process.exit(await main(process.argv.slice(2)));
