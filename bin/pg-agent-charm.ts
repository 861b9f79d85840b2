// The program `pg-agent` as the charm carries it: one file, without a cache of its own, which the charm brings.

import { main } from '#agent/program/main.ts';

// Not awaited at the top: the bundle is a CommonJS file, which knows no such await.
void main(process.argv.slice(2)).then((code) => process.exit(code));
