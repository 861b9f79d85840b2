// A charm's YAML files as this repository writes them: only what the generators look at.

export interface OptionYaml {
  readonly type: string;
  readonly default?: string | number | boolean;
  readonly description: string;
}

export interface ActionYaml {
  readonly description: string;
  readonly params?: Readonly<
    Record<string, { readonly type?: string; readonly description?: string }>
  >;
  readonly required?: readonly string[];
}

export type EndpointsYaml = Readonly<Record<string, { readonly interface: string }>>;

export interface CharmYaml {
  readonly metadata: {
    readonly name: string;
    readonly summary: string;
    readonly description: string;
    readonly provides?: EndpointsYaml;
    readonly requires?: EndpointsYaml;
    readonly peers?: EndpointsYaml;
    readonly storage?: Readonly<
      Record<string, { readonly type: string; readonly description: string }>
    >;
  };
  readonly config: { readonly options: Readonly<Record<string, OptionYaml>> };
  readonly actions: Readonly<Record<string, ActionYaml>>;
}

export const roles = ['provides', 'requires', 'peers'] as const;
