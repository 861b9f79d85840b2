// Files of an application's resources: kept once for the application, copied to each unit that asks (H230).

import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies the kept file into `folder` as `filename`; null when there is none. */
export function copyResource(kept: string, folder: string, filename: string): string | null {
  if (!existsSync(kept)) return null;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const path = join(folder, filename);
  copyFileSync(kept, `${path}.new`);
  renameSync(`${path}.new`, path);
  return path;
}

/** Keeps a file the user named as the application's resource. */
export function keepResource(source: string, kept: string): void {
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  copyFileSync(source, `${kept}.new`);
  renameSync(`${kept}.new`, kept);
}
