// Which PostgreSQL the members of clusters run: the newest the machine has, or with CLUSTER_POSTGRESQL=17 the later one
// that set-up fetched, which is how every scenario can be tried on it.

import { findInstallation } from '#adapters/postgres-server/installed.ts';
import { laterPostgresql } from '../../scripts/fetch-postgresql.ts';

const installed = '/usr/lib/postgresql';

/** Directory of the programs. Throws where the machine has none, or not the version that is wanted. */
export async function serverPrograms(): Promise<string> {
  const wanted = process.env['CLUSTER_POSTGRESQL'] ?? '';
  const found = await findInstallation(installed, wanted);
  if (found !== null) return found.binDirectory;
  const later = wanted === '' ? null : await laterPostgresql();
  if (later?.version.major === wanted) return later.binDirectory;
  const what = wanted === '' ? 'a PostgreSQL' : `PostgreSQL ${wanted}`;
  throw new Error(
    `scenarios need ${what} in ${installed}: run scripts/set-up.ts, which installs what it can`,
  );
}
