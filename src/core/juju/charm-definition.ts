// A charm as its files describe it: metadata.yaml, config.yaml, actions.yaml, manifest.yaml.
// Read and checked by charm-files.ts; this file has the shapes only.

import type { ConfigValue, RelationRole, RelationScope } from './model.ts';

export interface EndpointDefinition {
  readonly name: string;
  readonly role: RelationRole;
  readonly interface: string;
  readonly scope: RelationScope;
  readonly limit: number | null;
  readonly optional: boolean;
}

export interface StorageDefinition {
  readonly name: string;
  readonly type: 'filesystem' | 'block';
  readonly description: string;
  /** How many instances at least and at most; null is no limit. */
  readonly multiple: { readonly min: number; readonly max: number | null } | null;
  readonly location: string | null;
  readonly readOnly: boolean;
}

export interface ConfigOption {
  readonly name: string;
  readonly type: 'string' | 'int' | 'float' | 'boolean' | 'secret';
  readonly default: ConfigValue | null;
  readonly description: string;
}

export interface ActionDefinition {
  readonly name: string;
  readonly description: string;
  readonly parallel: boolean;
  readonly executionGroup: string;
  /** JSON Schema (draft 4) of the parameters, `additionalProperties` false unless said otherwise (F41). */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface CharmDefinition {
  /** `local:name-revision`. */
  readonly url: string;
  readonly name: string;
  readonly revision: number;
  readonly summary: string;
  readonly subordinate: boolean;
  readonly endpoints: Readonly<Record<string, EndpointDefinition>>;
  readonly extraBindings: readonly string[];
  readonly storage: Readonly<Record<string, StorageDefinition>>;
  readonly resources: Readonly<
    Record<string, { readonly type: string; readonly filename: string }>
  >;
  readonly config: Readonly<Record<string, ConfigOption>>;
  readonly actions: Readonly<Record<string, ActionDefinition>>;
  readonly bases: readonly string[];
  readonly assumes: readonly unknown[];
}
