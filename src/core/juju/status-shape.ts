// The shape of `juju status --format json`, key for key, so that scripts written for Juju read it.

export interface StatusEntry {
  readonly current: string;
  readonly message?: string;
  readonly since?: string;
  readonly version?: string;
}

export interface BaseView {
  readonly name: string;
  readonly channel: string;
}

export interface MachineView {
  readonly 'juju-status': StatusEntry;
  readonly hostname: string;
  readonly 'dns-name': string;
  readonly 'ip-addresses': readonly string[];
  readonly 'instance-id': string;
  readonly 'machine-status': StatusEntry;
  readonly base: BaseView;
}

export interface UnitView {
  readonly 'workload-status': StatusEntry;
  readonly 'juju-status': StatusEntry;
  readonly leader?: true;
  /** Absent for a subordinate, which is listed below its principal. */
  readonly machine?: string;
  readonly 'open-ports'?: readonly string[];
  readonly 'public-address': string;
  readonly subordinates?: Readonly<Record<string, UnitView>>;
}

export interface RelatedView {
  readonly 'related-application': string;
  readonly interface: string;
  readonly scope: string;
}

export interface ApplicationView {
  readonly charm: string;
  readonly base: BaseView;
  readonly 'charm-origin': 'local';
  readonly 'charm-name': string;
  readonly 'charm-rev': number;
  readonly exposed: boolean;
  readonly life?: 'dying';
  readonly 'application-status': StatusEntry;
  readonly relations?: Readonly<Record<string, readonly RelatedView[]>>;
  readonly 'subordinate-to'?: readonly string[];
  readonly units?: Readonly<Record<string, UnitView>>;
  readonly version?: string;
  readonly 'endpoint-bindings': Readonly<Record<string, string>>;
}

/** Not in Juju's JSON: what the tabular form lists with `--relations`. */
export interface RelationView {
  readonly id: number;
  readonly provider: string;
  readonly requirer: string;
  readonly interface: string;
  readonly type: 'peer' | 'regular' | 'subordinate';
  readonly status: 'joining' | 'joined' | 'suspended' | 'dying';
}

export interface StorageView {
  readonly kind: 'filesystem' | 'block';
  readonly life: string;
  readonly status: StatusEntry;
  readonly attachments: {
    readonly units: Readonly<
      Record<string, { readonly machine: string; readonly location: string; readonly life: string }>
    >;
  };
}

export interface StatusView {
  readonly model: {
    readonly name: string;
    readonly type: 'iaas';
    readonly controller: string;
    readonly cloud: string;
    readonly region: string;
    readonly version: string;
    readonly 'model-status': StatusEntry;
    readonly sla: 'unsupported';
  };
  readonly machines: Readonly<Record<string, MachineView>>;
  readonly applications: Readonly<Record<string, ApplicationView>>;
  readonly relations: readonly RelationView[];
  readonly storage: Readonly<Record<string, StorageView>>;
  readonly controller: { readonly timestamp: string };
}
