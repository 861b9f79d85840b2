// Which minions a job was for, where the job itself says it: a list of names, or one name.

const pythonEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gu,
    (_, hex?: string, short?: string, long?: string, plain?: string) => {
      const code = hex ?? short ?? long;
      if (code !== undefined)
        return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10_ff_ff));
      return pythonEscapes[plain ?? ''] ?? plain ?? '';
    },
  );
}

const element = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/uy;

/** A list of strings as Python's repr() or JSON writes it; null for anything else. */
export function parseNames(text: string): readonly string[] | null {
  if (!text.startsWith('[') || !text.endsWith(']')) return null;
  const inner = text.slice(1, -1);
  if (inner.trim() === '') return [];
  const names: string[] = [];
  let index = 0;
  while (index < inner.length) {
    element.lastIndex = index;
    const found = element.exec(inner);
    if (found === null) return null;
    names.push(unescaped(found[1] ?? found[2] ?? ''));
    index = element.lastIndex;
  }
  return names;
}

/**
 * @param targetType `glob`, `list` and the like, as stored
 * @returns null where only the master knew: a pattern, grains, a runner
 */
export function expectedMinions(targetType: string, target: string): readonly string[] | null {
  if (targetType === 'list') {
    // Salt's command line takes a list as text with commas too.
    return (
      parseNames(target) ??
      (target.startsWith('[') ? null : target.split(',').map((name) => name.trim()))
    );
  }
  return targetType === 'glob' && target !== '' && !/[*?[\]]/u.test(target) ? [target] : null;
}

/** Those that have not returned, each once. */
export function missingMinions(
  expected: readonly string[],
  returned: ReadonlySet<string>,
): readonly string[] {
  return [...new Set(expected)].filter((name) => !returned.has(name));
}
