// The named parts of pg_hba.conf that come from configuration. When such a part is bad, the last good one
// is taken from the file in force, so that a typing error shuts nobody out and lets new relations in.

export type SectionName = 'admin-addresses' | 'extra-lines';

/** Begins every line that gives a part its bounds. Configuration must not contain it. */
export const sectionMark = '# juju: ';

/** The first line of every pg_hba.conf of ours: a file without it is somebody else's. */
export const hbaHeader: string = `${sectionMark}pg_hba.conf is written by the postgresql charm; use its options to change it`;

export function renderSection(name: SectionName, lines: readonly string[]): readonly string[] {
  return [`${sectionMark}begin ${name}`, ...lines, `${sectionMark}end ${name}`];
}

/** Whether this text was written by us and can be used as the last good one. */
export function isOwnHba(text: string | null): text is string {
  return text !== null && text.startsWith(`${hbaHeader}\n`);
}

/** Lines of one part of an earlier file of ours; none where there was no such file. */
export function keptSection(previous: string | null, name: SectionName): readonly string[] {
  if (!isOwnHba(previous)) return [];
  const lines = previous.split('\n');
  const begin = lines.indexOf(`${sectionMark}begin ${name}`);
  const end = lines.indexOf(`${sectionMark}end ${name}`);
  return begin === -1 || end < begin ? [] : lines.slice(begin + 1, end);
}
