// Juju's version, as it stands in JUJU_VERSION.

export interface JujuVersion {
  /** As Juju wrote it, for example `3.6.9` or `4.0-beta1`; empty when it is not known. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  /** The number after a second dot or a tag: 9 in `3.6.9`, 1 in `4.0-beta1`. */
  readonly patch: number;
}

const form = /^(?<major>\d+)\.(?<minor>\d+)(?:(?:\.|-[a-z]+)(?<patch>\d+))?(?:\.\d+)?(?:-.*)?$/;

/** Reads a version; text of another form gives 0.0.0 with the text kept, as no charm depends on it. */
export function parseJujuVersion(text: string): JujuVersion {
  const groups = form.exec(text)?.groups;
  return {
    text,
    major: Number(groups?.['major'] ?? 0),
    minor: Number(groups?.['minor'] ?? 0),
    patch: Number(groups?.['patch'] ?? 0),
  };
}

/** Whether a version is at least `major.minor.patch`, for example for a tool that came with 3.6.2. */
export function isAtLeast(
  version: JujuVersion,
  major: number,
  minor: number,
  patch: number = 0,
): boolean {
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}
