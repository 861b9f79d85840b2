// metadata.yaml (F1-F11): everything in it that a model on machines acts upon. Keys that are not known
// are ignored, as Juju ignores them.

import { readAssumes } from './assumes.ts';
import type { CharmDefinition } from './charm-definition.ts';
import { readEndpoints } from './charm-endpoints.ts';
import { readStorage } from './charm-storage.ts';
import {
  expectBooleanOrNothing,
  expectFields,
  expectFieldsOrNothing,
  expectListOrNothing,
  expectOneOf,
  expectString,
  expectStringOrNothing,
  invalidCharm,
} from './coerce.ts';
import type { Fields } from './coerce.ts';
import { isApplicationName } from './names.ts';
import { parseYamlFile } from './yaml-text.ts';

export type CharmMetadata = Pick<
  CharmDefinition,
  | 'name'
  | 'summary'
  | 'subordinate'
  | 'endpoints'
  | 'extraBindings'
  | 'storage'
  | 'resources'
  | 'assumes'
> & {
  /** Keys of the first format that are present: they can't stand beside a manifest with bases (F10). */
  readonly firstFormatKeys: readonly string[];
  readonly series: readonly string[];
};

const firstFormatKeys: readonly string[] = ['min-juju-version', 'series'];

/** Throws `invalid-charm` with Juju's text for the first rule the file breaks. */
export function readMetadata(text: string): CharmMetadata {
  const metadata = expectFields(parseYamlFile(text, 'metadata'), 'metadata');
  const name = expectString(metadata.name, 'metadata: name');
  if (!isApplicationName(name)) {
    throw invalidCharm(
      `metadata: invalid charm name "${name}"`,
      'Start with a letter, then lower-case letters, digits and hyphens; ' +
        'a part between hyphens needs a letter.',
    );
  }
  const summary = expectString(metadata.summary, 'metadata: summary');
  expectString(metadata.description, 'metadata: description');
  const subordinate = expectBooleanOrNothing(metadata.subordinate, 'metadata: subordinate');
  const endpoints = readEndpoints(metadata, { name, subordinate });
  return {
    name,
    summary,
    subordinate,
    endpoints,
    extraBindings: readExtraBindings(metadata, name, Object.keys(endpoints)),
    storage: readStorage(metadata, name),
    resources: readResources(metadata),
    assumes: readAssumes(metadata.assumes),
    firstFormatKeys: firstFormatKeys.filter((key) => Object.hasOwn(metadata, key)),
    series: expectListOrNothing(metadata.series, 'metadata: series').map((each, index) =>
      expectString(each, `metadata: series[${index}]`),
    ),
  };
}

/** Names under `extra-bindings`: they share one space of names with the endpoints (F8). */
function readExtraBindings(
  metadata: Fields,
  charmName: string,
  endpoints: readonly string[],
): readonly string[] {
  const section = metadata['extra-bindings'];
  const names = Object.entries(expectFieldsOrNothing(section, 'metadata: extra-bindings'));
  for (const [name, value] of names) {
    if (value !== null) {
      throw invalidCharm(
        `metadata: extra-bindings.${name}: expected empty value`,
        'Leave the value after the colon empty.',
      );
    }
    if (endpoints.includes(name)) {
      throw invalidCharm(
        `charm "${charmName}" has invalid extra bindings: ` +
          `relation names ("${name}") cannot be used in extra bindings`,
        'Drop the binding: an endpoint is one already.',
      );
    }
  }
  return names.map(([name]) => name);
}

function readResources(metadata: Fields): CharmDefinition['resources'] {
  const section = expectFieldsOrNothing(metadata.resources, 'metadata: resources');
  return Object.fromEntries(
    Object.entries(section).map(([name, value]) => {
      const path = `metadata: resources.${name}`;
      const fields = expectFields(value, path);
      const type = expectOneOf(fields.type, ['file', 'oci-image'], `${path}.type`);
      const filename = expectStringOrNothing(fields.filename, `${path}.filename`);
      if (type === 'file' && filename === '') {
        throw invalidCharm(
          `metadata: resource "${name}": resource missing filename`,
          'Name the file the resource is stored as.',
        );
      }
      return [name, { type, filename }];
    }),
  );
}
