// Reads PostgreSQL's version numbers and chooses among installed versions.

/** A version as PostgreSQL tells it: `15.18`, and as a number that can be compared: 150018. */
export interface ServerVersion {
  readonly text: string;
  readonly number: number;
  readonly major: string;
}

/**
 * Reads the version from what `postgres --version` prints, for example
 * `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, or `19beta1`. Null where there is none.
 */
export function readVersion(printed: string): ServerVersion | null {
  const match =
    /\(PostgreSQL\) (?<text>(?<major>\d+)(?:\.(?<minor>\d+)|(?:devel|(?:alpha|beta|rc)\d+))?)/u.exec(
      printed,
    );
  const { text, major, minor } = match?.groups ?? {};
  if (text === undefined || major === undefined) return null;
  return { text, major, number: Number(major) * 10_000 + Number(minor ?? '0') };
}

/**
 * The version to use of those installed, by the names of their directories: the wanted one, or the newest
 * where none is wanted. Compared as numbers: "9.6" is older than "15". Null where there is none.
 */
export function chooseVersion(installed: readonly string[], wanted: string): string | null {
  if (wanted !== '') return installed.includes(wanted) ? wanted : null;
  const versions = installed.filter((name) => /^\d+(?:\.\d+)?$/u.test(name));
  return versions.sort((left, right) => Number(right) - Number(left))[0] ?? null;
}
