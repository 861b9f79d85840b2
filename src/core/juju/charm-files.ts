// Reads a charm from the texts of its files. What it accepts a model can deploy; what it refuses Juju
// would refuse, with the same words.

import { readActions } from './charm-actions.ts';
import type { CharmDefinition } from './charm-definition.ts';
import { basesOfSeries, readManifest } from './charm-manifest.ts';
import { readMetadata } from './charm-metadata.ts';
import type { CharmMetadata } from './charm-metadata.ts';
import { readOptions } from './charm-options.ts';
import { invalidCharm } from './coerce.ts';

/** Texts of the files at a charm's root; a file the charm does not have is left out. */
export interface CharmFiles {
  readonly metadata: string;
  readonly config?: string | undefined;
  readonly actions?: string | undefined;
  readonly manifest?: string | undefined;
}

/** URL of a local charm (F63). */
export function charmUrl(name: string, revision: number): string {
  return `local:${name}-${revision}`;
}

/**
 * The charm these files describe, under the URL `local:NAME-REVISION`.
 *
 * Throws `invalid-charm` for the first rule broken (F1-F11, F20, F30, F31, F40, F41).
 */
export function readCharm(
  files: CharmFiles,
  origin: { readonly revision: number },
): CharmDefinition {
  const { firstFormatKeys, series, ...metadata } = readMetadata(files.metadata);
  return {
    ...metadata,
    url: charmUrl(metadata.name, origin.revision),
    revision: origin.revision,
    config: files.config === undefined ? {} : readOptions(files.config),
    actions: files.actions === undefined ? {} : readActions(files.actions),
    bases: readBases(files.manifest, { firstFormatKeys, series }),
  };
}

/** A charm either has a manifest with bases, or is of the first format and lists series (F10, F20). */
function readBases(
  manifest: string | undefined,
  metadata: Pick<CharmMetadata, 'firstFormatKeys' | 'series'>,
): readonly string[] {
  if (manifest === undefined) {
    if (metadata.series.length > 0) return basesOfSeries(metadata.series);
    throw invalidCharm(
      'metadata v2 without manifest.yaml not valid',
      'Add a manifest.yaml that lists the bases the charm runs on.',
    );
  }
  if (metadata.firstFormatKeys.length > 0) {
    const keys = metadata.firstFormatKeys.map((key) => `"${key}"`).join(', ');
    throw invalidCharm(
      `ambiguous metadata: keys ${keys} cannot be used with "bases"`,
      'Drop these keys from metadata.yaml: manifest.yaml says the same.',
    );
  }
  return readManifest(manifest);
}
