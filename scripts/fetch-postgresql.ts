// Brings a PostgreSQL that is later than the machine's, for the tests of what only it can do. It is taken from a later
// Debian, is not installed, and stands in .cache alone. A machine that can't reach a mirror goes without.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findInstallation, type Installation } from '#adapters/postgres-server/installed.ts';
import { root } from './charms.ts';
import { useOwnLibraries } from './debian/own-libraries.ts';
import { type PrivateApt, privateApt } from './debian/private-apt.ts';

/** Which it is, and the release of Debian that has it. */
const later = { major: '17', suite: 'trixie' } as const;

export interface FetchOptions {
  /** Where servers are that the machine has by itself. */
  readonly installed: string;
  /** Directory the server's tree is put into, below which nothing else may be. */
  readonly place: string;
  readonly makeApt: (directory: string, suite: string) => PrivateApt;
  readonly tell: (sentence: string) => void;
}

const onThisMachine: FetchOptions = {
  installed: '/usr/lib/postgresql',
  place: join(root, `.cache/postgresql-${later.major}`),
  makeApt: (directory, suite) => privateApt(directory, suite),
  tell: (sentence) => {
    console.log(sentence);
  },
};

type Where = Pick<FetchOptions, 'installed' | 'place'>;

/** The later server, the machine's own or one that was fetched; null where there is none that runs. */
export async function laterPostgresql(where: Where = onThisMachine): Promise<Installation | null> {
  return (
    (await findInstallation(where.installed, later.major)) ??
    (await findInstallation(join(where.place, 'usr/lib/postgresql'), later.major))
  );
}

/** Libraries of a compiler, which the server goes without where it has no such plug-in, and of Perl. */
const unneeded = /^(?:libllvm|libz3-|libperl)|-perl$/u;

function isNeeded(name: string): boolean {
  return (
    /^(?:lib|zlib1g|patchelf$|postgresql(?:-client)?-\d+$)/u.test(name) && !unneeded.test(name)
  );
}

function download(apt: PrivateApt): void {
  apt.get(['update', '-qq'], 90_000);
  const wanted = [`postgresql-${later.major}`, 'patchelf'];
  const listed = apt.get(
    ['install', '--print-uris', '-qq', '--no-install-recommends', ...wanted],
    30_000,
  );
  // Lines `'URI' NAME_VERSION_ARCHITECTURE.deb SIZE HASH`.
  const names = listed.split('\n').map((line) => (line.split(' ')[1] ?? '').split('_')[0] ?? '');
  apt.get(['download', '-qq', ...names.filter(isNeeded)], 240_000);
}

function unpack(packages: string, tree: string): void {
  for (const name of readdirSync(packages).filter((one) => one.endsWith('.deb'))) {
    const done = spawnSync('dpkg-deb', ['-x', join(packages, name), tree], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (done.status !== 0)
      throw new Error(`dpkg-deb: ${done.error?.message ?? done.stderr.trim()}`);
  }
}

/** Moves what a server needs into a tree of its own. The compiler's plug-in stays behind, as its libraries did. */
function keepServer(unpacked: string, tree: string): void {
  rmSync(join(unpacked, 'usr/lib/postgresql', later.major, 'lib/llvmjit.so'), { force: true });
  for (const path of ['usr/lib', 'usr/share/postgresql']) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    renameSync(join(unpacked, path), join(tree, path));
  }
}

/** Puts the finished tree where it belongs, at once; one that another process has put there is as good. */
function putInPlace(tree: string, place: string): void {
  try {
    renameSync(tree, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
}

function isOther(pid: string): boolean {
  return pid !== String(process.pid) && existsSync(`/proc/${pid}`);
}

/** Work of processes that ended before they were done. Their names end with their process ids. */
function clearLeftovers(place: string): void {
  const prefix = `${place}.new-`;
  for (const name of readdirSync(dirname(place))) {
    const path = join(dirname(place), name);
    if (!path.startsWith(prefix) || isOther(path.slice(prefix.length))) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

function fetch({ place, makeApt }: FetchOptions): void {
  mkdirSync(dirname(place), { recursive: true });
  clearLeftovers(place);
  // One that is there already does not run, as in a checkout that was moved.
  const isInTheWay = existsSync(place);
  const work = `${place}.new-${process.pid}`;
  mkdirSync(work);
  try {
    const apt = makeApt(work, later.suite);
    download(apt);
    const [unpacked, tree] = [join(work, 'unpacked'), join(work, 'tree')];
    unpack(apt.packages, unpacked);
    useOwnLibraries(unpacked, join('usr/lib/postgresql', later.major, 'bin'), place);
    keepServer(unpacked, tree);
    if (isInTheWay) renameSync(place, join(work, 'old'));
    putInPlace(tree, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Fetches it unless it is there; null when it is in the end, else a sentence that says why not. */
export async function fetchPostgresql(
  options: FetchOptions = onThisMachine,
): Promise<string | null> {
  if ((await laterPostgresql(options)) !== null) return null;
  options.tell(`Fetching PostgreSQL ${later.major} for the tests that need it ...`);
  try {
    fetch(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `Cannot fetch PostgreSQL ${later.major}, so the tests that need it are skipped: ${why}`;
  }
  if ((await laterPostgresql(options)) !== null) return null;
  rmSync(options.place, { recursive: true, force: true });
  return `PostgreSQL ${later.major} was fetched but does not run here, so the tests that need it are skipped`;
}

if (import.meta.main) {
  const problem = await fetchPostgresql();
  const found = await laterPostgresql();
  console.log(
    problem ?? `PostgreSQL ${found?.version.text ?? ''} is in ${found?.binDirectory ?? ''}`,
  );
}
