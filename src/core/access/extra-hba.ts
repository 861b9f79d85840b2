// Checks lines a person adds to pg_hba.conf, as far as that is possible without PostgreSQL: each must be
// one line, of a known kind, that can't change what the lines after it mean (T55).

import { sectionMark } from './hba-sections.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from './problem.ts';
import { problem } from './problem.ts';

const kinds = ['local', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];

function fault(line: string): string | null {
  // Tab is the one control character that belongs between fields.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/u.test(line)) {
    return 'it holds a line break or another control character';
  }
  if (!line.isWellFormed()) return 'it holds half a surrogate pair, which has no UTF-8 form';
  if (line.startsWith(sectionMark)) return `"${sectionMark.trim()}" begins the charm's own lines`;
  if (line.endsWith('\\')) return 'a backslash at its end would join the next line to it';
  if (line === '' || line.startsWith('#')) return null;
  const kind = line.split(/[ \t]/u, 1)[0] ?? '';
  return kinds.includes(kind) ? null : `it begins with none of ${kinds.join(', ')}`;
}

/** What is wrong with the first bad line, or null. Lines are taken as they stand, without blanks around. */
export function extraHbaProblem(lines: readonly string[]): Problem | null {
  for (const [index, line] of lines.entries()) {
    const why = fault(line.trim());
    if (why !== null) {
      return problem(
        'HBA_LINE_INVALID',
        `Cannot use line ${index + 1} of the further lines for pg_hba.conf, ${shown(line)}: ${why}`,
        'Correct the option extra-pg-auth; until then the lines in force stay',
      );
    }
  }
  return null;
}
