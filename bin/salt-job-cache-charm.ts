// The program `salt-job-cache` as the charm carries it: beside its hooks, as one file.

import { main } from '#salt-job-cache/cli/main.ts';

// Not awaited at the top: the bundle is a CommonJS file.
void main(process.argv.slice(2)).then((code) => process.exit(code));
