// Every verb of the program, in the order help shows them.

import { callVerb } from './call-verb.ts';
import type { Verb } from './cli.ts';
import { importVerb } from './import.ts';
import { exportVerb } from './export.ts';
import { statsVerb } from './stats.ts';
import { cleanVerb } from './clean.ts';
import { tailVerb } from './tail.ts';
import { findVerb } from './find.ts';
import { showVerb } from './show.ts';
import { listVerb } from './list.ts';
import { migrateVerb } from './migrate.ts';
import { serveVerb } from './serve.ts';

export const verbs: readonly Verb[] = [
  listVerb,
  showVerb,
  findVerb,
  tailVerb,
  cleanVerb,
  statsVerb,
  exportVerb,
  importVerb,
  callVerb,
  migrateVerb,
  serveVerb,
];
