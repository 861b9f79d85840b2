// The assumes section of metadata.yaml: what a charm needs of Juju (F9). Read when the charm is, checked
// when it is deployed or refreshed.

import { expectListOrNothing, invalidCharm, isFields } from './coerce.ts';
import { ModelError } from './model-error.ts';

const versionPattern =
  /^(?<major>[0-9]+)\.(?<minor>[0-9]+)(?:\.(?<patch>[0-9]+)|-(?<tag>[a-z0-9.]+))?/u;
const requirementPattern = /^juju\s*(?<operator>>=|<)\s*(?<version>[0-9][0-9a-z.-]*)$/u;
const featurePattern = /^[a-z][a-z0-9-]*$/u;

type Operator = '>=' | '<';

type Assumption =
  | { readonly kind: 'version'; readonly operator: Operator; readonly version: string }
  | { readonly kind: 'feature'; readonly name: string }
  | { readonly kind: 'any-of' | 'all-of'; readonly parts: readonly Assumption[] };

/** Checks the expressions and gives them back as they stand. Throws `invalid-charm` for a bad one. */
export function readAssumes(value: unknown): readonly unknown[] {
  const expressions = expectListOrNothing(value, 'metadata: assumes');
  for (const expression of expressions) readExpression(expression);
  return expressions;
}

/**
 * Throws `not-valid` when the model lacks what the charm assumes, listing all that is missing. A model on
 * machines has the feature `juju`, with its version, and no other.
 */
export function checkAssumes(assumes: readonly unknown[], jujuVersion: string): void {
  const missing = assumes.flatMap((each) => unmet(readExpression(each), jujuVersion, '  '));
  if (missing.length === 0) return;
  throw new ModelError(
    'not-valid',
    ['Charm cannot be deployed because:', ...missing].join('\n'),
    `The model runs Juju ${jujuVersion} on machines: use a model that has what the charm assumes.`,
  );
}

/** Order of two Juju versions: negative, zero or positive. `3.6-rc1` comes before `3.6.0`. */
export function compareVersions(left: string, right: string): number {
  const [first, second] = [versionNumbers(left), versionNumbers(right)];
  return first.major - second.major || first.minor - second.minor || first.patch - second.patch;
}

function readExpression(value: unknown): Assumption {
  if (typeof value === 'string') return readWord(value.trim());
  if (isFields(value)) {
    const [[key, parts] = ['', null], ...others] = Object.entries(value);
    if (others.length === 0 && (key === 'any-of' || key === 'all-of')) {
      const list = expectListOrNothing(parts, `metadata: assumes.${key}`);
      return { kind: key, parts: list.map(readExpression) };
    }
  }
  throw badExpression(JSON.stringify(value));
}

function readWord(text: string): Assumption {
  const groups = requirementPattern.exec(text)?.groups;
  if (groups !== undefined) {
    const version = groups.version ?? '';
    // `juju < 4` is short for 4.0.0.
    const full = version.includes('.') ? version : `${version}.0.0`;
    if (!versionPattern.test(full)) throw badExpression(text);
    return { kind: 'version', operator: groups.operator === '<' ? '<' : '>=', version: full };
  }
  if (featurePattern.test(text)) return { kind: 'feature', name: text };
  throw badExpression(text);
}

function badExpression(text: string): ModelError {
  return invalidCharm(
    `metadata: assumes: malformed requirement expression: ${text}`,
    'Write a feature such as k8s-api, a version such as "juju >= 3.6", or a list under any-of or all-of.',
  );
}

/** One line for each unmet expression, none when it is met. */
function unmet(assumption: Assumption, jujuVersion: string, indent: string): readonly string[] {
  switch (assumption.kind) {
    case 'version': {
      const order = compareVersions(jujuVersion, assumption.version);
      if (assumption.operator === '<' ? order < 0 : order >= 0) return [];
      return [
        `${indent}- charm requires Juju version ${assumption.operator} ${assumption.version}, ` +
          `model has version ${jujuVersion}`,
      ];
    }
    case 'feature':
      if (assumption.name === 'juju') return [];
      return [
        `${indent}- charm requires feature "${assumption.name}" but model does not support it`,
      ];
    case 'any-of':
    case 'all-of': {
      const lines = assumption.parts.map((part) => unmet(part, jujuVersion, `${indent}  `));
      const isAny = assumption.kind === 'any-of';
      const isMet = isAny
        ? lines.some((each) => each.length === 0)
        : lines.every((each) => each.length === 0);
      if (isMet) return [];
      const lead = isAny ? 'at least one of the following' : 'all of the following';
      return [`${indent}- charm requires ${lead}:`, ...lines.flat()];
    }
    default:
      return assumption satisfies never;
  }
}

function versionNumbers(text: string): {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
} {
  const groups = versionPattern.exec(text)?.groups;
  if (groups === undefined)
    throw new Error(`Cannot compare Juju version '${text}': expected 3.6.9`);
  // What comes before a release, `3.6-beta2`, sorts below its `.0`.
  const patch = groups.tag === undefined ? Number(groups.patch ?? 0) : -1;
  return { major: Number(groups.major), minor: Number(groups.minor), patch };
}
