// manifest.yaml: the bases a charm runs on (F20), and which of them an application gets (F21).

import { expectFields, expectListOrNothing, expectString, invalidCharm } from './coerce.ts';
import { ModelError } from './model-error.ts';
import { parseYamlFile } from './yaml-text.ts';

const operatingSystems: readonly string[] = ['ubuntu', 'centos', 'genericlinux'];
const architectures: readonly string[] = ['amd64', 'arm64', 'ppc64el', 'riscv64', 's390x'];

/** The base Juju 3.6 takes when a charm leaves the choice. */
const defaultBase = 'ubuntu@24.04';

// Charms of the first format name Ubuntu's releases by their adjectives.
const ubuntuVersions: Readonly<Record<string, string>> = {
  bionic: '18.04',
  focal: '20.04',
  jammy: '22.04',
  noble: '24.04',
};

/** The bases as `ubuntu@24.04`, or `ubuntu@24.04/edge` when the risk is not stable. */
export function readManifest(text: string): readonly string[] {
  const manifest = expectFields(parseYamlFile(text, 'manifest'), 'manifest');
  const bases = expectListOrNothing(manifest.bases, 'manifest: bases');
  if (bases.length === 0) {
    throw invalidCharm(
      'charm metadata without bases in manifest not valid',
      'List at least one base in manifest.yaml, for example name: ubuntu, channel: "24.04".',
    );
  }
  return bases.map((base, index) => readBase(base, `manifest: bases[${index}]`));
}

/** Bases of a charm of the first format, which has `series` and no manifest. */
export function basesOfSeries(series: readonly string[]): readonly string[] {
  return series.map((name) => `ubuntu@${ubuntuVersions[name] ?? name}`);
}

/**
 * The base an application gets: the one asked for, else Juju's default when the charm supports it, else
 * the charm's first. Throws `not-valid` with the supported ones.
 */
export function chooseBase(bases: readonly string[], asked: string | undefined): string {
  if (asked === undefined)
    return bases.includes(defaultBase) ? defaultBase : (bases[0] ?? defaultBase);
  const wanted = normaliseChannel(asked);
  if (bases.includes(wanted)) return wanted;
  throw new ModelError(
    'not-valid',
    `base "${wanted}" is not supported, supported bases are: ${bases.join(', ')}`,
    'Pass one of the supported bases with --base, or leave it out.',
  );
}

function readBase(value: unknown, path: string): string {
  const fields = expectFields(value, path);
  const name = expectString(fields.name, `${path}.name`);
  const channel = expectString(fields.channel, `${path}.channel`);
  if (!operatingSystems.includes(name)) {
    throw invalidCharm(`${path}: os "${name}" not valid`, 'Write `name: ubuntu`.');
  }
  if (!/^[^/]+(?:\/[^/]+)*$/u.test(channel)) {
    throw invalidCharm(
      `${path}: channel "${channel}" not valid`,
      'Write the release in quotes, for example "24.04" or "24.04/stable".',
    );
  }
  expectListOrNothing(fields.architectures, `${path}.architectures`).forEach((each, index) => {
    const architecture = expectString(each, `${path}.architectures[${index}]`);
    if (architectures.includes(architecture)) return;
    throw invalidCharm(
      `${path}: unsupported architecture "${architecture}"`,
      `Write one of ${architectures.join(', ')}.`,
    );
  });
  return normaliseChannel(`${name}@${channel}`);
}

function normaliseChannel(base: string): string {
  return base.replace(/\/stable$/u, '');
}
