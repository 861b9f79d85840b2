// What `dispatch` runs.

import { runCharm } from '#charm/main.ts';
import { startCharm } from '#charm/start.ts';
import { charm } from './charm.ts';

// Leaving at once saves Node's own tidying up; what was written is out, as pipes are synchronous on Linux.
void startCharm(runCharm(charm)).then(() => process.exit());
