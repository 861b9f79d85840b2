#!/usr/bin/env node
// The program `pg-agent`: keeps one PostgreSQL a member of a highly available cluster.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// The cache stands in the checkout; where that can't be written Node goes without.
enableCompileCache(fileURLToPath(new URL('../.cache/v8', import.meta.url)));

// Only what is imported from here on is cached.
const { main } = await import('#agent/program/main.ts');

process.exit(await main(process.argv.slice(2)));
