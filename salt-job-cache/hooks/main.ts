// What `dispatch` runs.

import { runCharm } from '#charm/main.ts';
import { startCharm } from '#charm/start.ts';
import { charm } from './charm.ts';

void startCharm(runCharm(charm));
