// secret-add, -get, -set, -remove, -info-get, -ids, -grant and -revoke.

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import type { SecretContent } from './secret-content.ts';
import { withSecretFiles } from './secret-content.ts';
import type { SecretInfo, SecretReference } from './secret-info.ts';
import { readSecretInfo } from './secret-info.ts';
import { asStrings, asTextRecord } from './shape.ts';
import { checkArgument } from './text.ts';

export type SecretRotation =
  | 'never'
  | 'hourly'
  | 'daily'
  | 'weekly'
  | 'monthly'
  | 'quarterly'
  | 'yearly';

export interface SecretAttributes {
  readonly label?: string;
  readonly description?: string;
  readonly rotate?: SecretRotation;
  /** A duration like `24h`, or a time as in RFC 3339. */
  readonly expire?: string;
}

export interface SecretGetOptions {
  /** `true` reads the newest revision without following it. */
  readonly peek?: boolean;
  /** `true` reads the newest revision and follows it from then on (H185). */
  readonly refresh?: boolean;
}

/** Who a grant is for: a whole remote application of a relation (`db:7`), or one of its units. */
export interface SecretGrantTarget {
  readonly relation: string;
  readonly unit?: string;
}

/** Exactly one way to name whose grant ends: a relation, an application or a unit. */
export interface SecretRevokeTarget {
  readonly relation?: string;
  readonly application?: string;
  readonly unit?: string;
}

export interface SecretTools {
  /**
   * Makes a secret of this unit or, by the leader, of the application, and gives its URI
   * (`secret:...`). The secret exists once the hook has succeeded (H184).
   */
  secretAdd(
    content: SecretContent,
    owner: 'application' | 'unit',
    attributes?: SecretAttributes,
  ): string;
  /**
   * Content of a secret by id, by our own label for it, or by id while giving it a label (H186).
   * Without options it is the revision we follow, which stays the same until we refresh.
   * @throws HookToolError `notFound`, `permissionDenied`
   */
  secretGet(reference: SecretReference, options?: SecretGetOptions): SecretContent;
  /** New content makes a new revision; without content only the attributes change (H188). */
  secretSet(id: string, content: SecretContent, attributes?: SecretAttributes): void;
  /** All revisions, or one. */
  secretRemove(id: string, options?: { readonly revision?: number }): void;
  /** Attributes of a secret of our own. @throws HookToolError `notFound` for anybody else's */
  secretInfoGet(reference: SecretReference): SecretInfo;
  /** Ids of our own secrets without `secret:`, in the order of the ids. */
  secretIds(): readonly string[];
  secretGrant(id: string, target: SecretGrantTarget): void;
  secretRevoke(id: string, target: SecretRevokeTarget): void;
}

export interface SecretToolsOptions {
  /** Where the files with a secret's content stand while a tool reads them, default `/tmp`. */
  readonly temporaryDirectory?: string;
}

export function createSecretTools(call: ToolCaller, options: SecretToolsOptions): SecretTools {
  const directory = options.temporaryDirectory ?? '/tmp';
  return {
    secretAdd(content, owner, attributes = {}) {
      const flags = [`--owner=${owner}`, ...attributeFlags('secret-add', attributes)];
      return withSecretFiles('secret-add', content, directory, (args) =>
        call.run('secret-add', [...flags, ...args]).trim(),
      );
    },
    secretGet(reference, options = {}) {
      const flags = [
        ...(options.peek === true ? ['--peek'] : []),
        ...(options.refresh === true ? ['--refresh'] : []),
        ...referenceArgs('secret-get', reference),
      ];
      return asTextRecord('secret-get', call.json('secret-get', flags));
    },
    secretSet(id, content, attributes = {}) {
      const flags = attributeFlags('secret-set', attributes);
      withSecretFiles('secret-set', content, directory, (args) =>
        call.run('secret-set', [...flags, id, ...args]),
      );
    },
    secretRemove(id, options = {}) {
      const flags = options.revision === undefined ? [] : ['--revision', String(options.revision)];
      call.run('secret-remove', [...flags, '--', id]);
    },
    secretInfoGet: (reference) =>
      readSecretInfo(call.json('secret-info-get', referenceArgs('secret-info-get', reference))),
    secretIds: () =>
      asStrings('secret-ids', call.json('secret-ids', []))
        .map((id) => id.replace(/^secret:/, ''))
        .sort(),
    secretGrant(id, target) {
      call.run('secret-grant', [...targetFlags(target), '--', id]);
    },
    secretRevoke(id, target) {
      call.run('secret-revoke', [...targetFlags(target), '--', id]);
    },
  };
}

/** `--flag=text` keeps a text that begins with a dash in its place. */
function attributeFlags(tool: string, attributes: SecretAttributes): readonly string[] {
  return Object.entries(attributes).flatMap(([name, value]: [string, string | undefined]) => {
    if (value === undefined) return [];
    checkArgument(tool, `the ${name}`, value);
    return [`--${name}=${value}`];
  });
}

function referenceArgs(tool: string, reference: SecretReference): readonly string[] {
  const { id, label } = reference;
  if (id === undefined && label === undefined) {
    throw new HookToolError({ kind: 'usage', tool, detail: 'neither an id nor a label is given' });
  }
  return [
    ...(label === undefined ? [] : [`--label=${label}`]),
    ...(id === undefined ? [] : ['--', id]),
  ];
}

function targetFlags(target: SecretRevokeTarget): readonly string[] {
  return [
    ...(target.relation === undefined ? [] : ['-r', target.relation]),
    ...(target.application === undefined ? [] : [`--app=${target.application}`]),
    ...(target.unit === undefined ? [] : [`--unit=${target.unit}`]),
  ];
}
