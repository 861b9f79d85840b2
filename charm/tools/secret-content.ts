// Hands a secret's content to a tool without putting it into the argument list, where every user of
// the machine could read it: each value goes through a file only its owner can open (W3).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { HookToolError } from './errors.ts';
import { checkText } from './text.ts';

export type SecretContent = Readonly<Record<string, string>>;

/** Juju's own rule for keys: three or more lower case letters, digits and single inner dashes (H181). */
const keyForm = /^[a-z](?:-?[a-z0-9]){2,}$/;
/** Of all values together (H181). */
const contentBytesMax = 1_000_000;

/**
 * Calls `use` with arguments like `password#file=/tmp/secret-x1y2z3/password`; the files are gone
 * when this returns or throws. The agent reads them while the tool runs, so nothing needs them later.
 * @throws HookToolError of kind `usage` for a key or text Juju does not take
 */
export function withSecretFiles<Result>(
  tool: string,
  content: SecretContent,
  directory: string,
  use: (args: readonly string[]) => Result,
): Result {
  checkContent(tool, content);
  const keys = Object.keys(content);
  if (keys.length === 0) return use([]);
  // mkdtemp makes a directory of mode 0700 with a name nobody can foresee.
  const folder = mkdtempSync(join(directory, 'secret-'));
  try {
    const args = keys.map((key) => {
      const path = join(folder, key);
      writeFileSync(path, content[key] ?? '', { mode: 0o600, flag: 'wx' });
      return `${key}#file=${path}`;
    });
    return use(args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkContent(tool: string, content: SecretContent): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(content)) {
    if (!keyForm.test(key)) {
      throw new HookToolError({
        kind: 'usage',
        tool,
        detail: `the key '${key}' cannot be used: need at least three lower case letters, digits and single inner dashes, a letter first`,
      });
    }
    checkText(tool, `the value of '${key}'`, value);
    bytes += Buffer.byteLength(value);
  }
  if (bytes > contentBytesMax) {
    throw new HookToolError({
      kind: 'usage',
      tool,
      detail: `the content is too long: found ${bytes} bytes, at most ${contentBytesMax} are possible`,
    });
  }
}
