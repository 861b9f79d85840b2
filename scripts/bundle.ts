// Bundles one program of a charm into one CommonJS file, and holds hook bundles to their budget.

import { build, type Metafile } from 'esbuild';
import { join } from 'node:path';
import { type BundleSource, hookBundleLimitBytes, root } from './charms.ts';

/** CommonJS has no URL of the module; this is the same. */
const moduleUrl = 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;';

/** Writes the bundle below `target` and answers with its size in bytes. */
export async function bundle(source: BundleSource, target: string): Promise<number> {
  const outfile = join(target, source.output);
  const result = await build({
    absWorkingDir: root,
    entryPoints: [source.entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    // `pg` looks for its native twin only when asked to; it is not shipped.
    external: ['pg-native'],
    define: {
      'import.meta.main': 'true',
      // Where a program stands, for what it looks for beside itself. No hook does.
      ...(source.hook ? {} : { 'import.meta.url': 'moduleUrl' }),
    },
    ...(source.hook ? {} : { banner: { js: moduleUrl } }),
  });
  const bytes = Object.values(result.metafile.outputs)[0]?.bytes ?? 0;
  if (source.hook) {
    checkHookBudget(source, bytes, result.metafile);
  }
  return bytes;
}

/** Throws where a hook's bundle is too large or carries a package. */
export function checkHookBudget(source: BundleSource, bytes: number, metafile: Metafile): void {
  const packages = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'));
  if (packages.length > 0) {
    throw new Error(
      `Hook bundle ${source.output} of ${source.entry} carries packages, and a hook may load none: ` +
        `${packages.slice(0, 3).join(', ')}. Move what needs them into a program beside the hook.`,
    );
  }
  if (bytes > hookBundleLimitBytes) {
    throw new Error(
      `Hook bundle ${source.output} of ${source.entry} has ${bytes} bytes, more than the ` +
        `${hookBundleLimitBytes} a hook may have. See what grew with 'npx esbuild --analyze'.`,
    );
  }
}
