// unit-get, network-get, open-port, close-port and opened-ports.

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { asRecord, asString, asStrings, isRecord, textAt } from './shape.ts';
import type { UnknownRecord } from './shape.ts';

export interface BindAddress {
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly addresses: readonly {
    readonly hostname: string;
    readonly value: string;
    readonly cidr: string;
  }[];
}

export interface NetworkInfo {
  readonly bindAddresses: readonly BindAddress[];
  /** First address to listen on that is not empty (H136); null where there is none yet. */
  readonly bindAddress: string | null;
  /** Addresses the other side reaches us at, empty ones left out. */
  readonly ingressAddresses: readonly string[];
  readonly ingressAddress: string | null;
  /** Networks our own connections come from, for example `['10.0.0.5/32']`. */
  readonly egressSubnets: readonly string[];
}

export interface OpenedPort {
  /** For example `5432/tcp`, `8000-9000/udp` or `icmp`. */
  readonly range: string;
  /** Endpoints it is opened for; `['*']` for all. */
  readonly endpoints: readonly string[];
}

export interface PortOptions {
  /** Only for these endpoints; without it for all. Checked when the hook is committed (H143). */
  readonly endpoints?: readonly string[];
}

export interface NetworkTools {
  unitGet(setting: 'private-address' | 'public-address'): string;
  /** `binding` is an endpoint or an extra binding; with `relation` (`db:7`) as that relation sees us. */
  networkGet(binding: string, options?: { readonly relation?: string }): NetworkInfo;
  /** `range` is `80`, `80/tcp`, `8000-9000/udp` or `icmp`. Opening twice changes nothing (H140). */
  openPort(range: string, options?: PortOptions): void;
  closePort(range: string, options?: PortOptions): void;
  /** What is open, this hook's own changes included (H144), for example `['80/tcp', '53-55/udp']`. */
  openedPorts(): readonly string[];
  openedPortsByEndpoint(): readonly OpenedPort[];
}

export function createNetworkTools(call: ToolCaller): NetworkTools {
  const port = (tool: string, range: string, options: PortOptions): void => {
    if (!/^(?:\d+(?:-\d+)?(?:\/(?:tcp|udp))?|icmp)$/.test(range)) {
      throw new HookToolError({
        kind: 'usage',
        tool,
        detail: `the port is '${range}', need '80', '80/tcp', '8000-9000/udp' or 'icmp'`,
      });
    }
    const endpoints = options.endpoints ?? [];
    const flags = endpoints.length === 0 ? [] : ['--endpoints', endpoints.join(',')];
    call.run(tool, [...flags, range]);
  };
  return {
    unitGet: (setting) => asString('unit-get', call.json('unit-get', [setting])),
    networkGet(binding, options = {}) {
      const relation = options.relation === undefined ? [] : ['-r', options.relation];
      return networkInfo(
        asRecord('network-get', call.json('network-get', [...relation, '--', binding])),
      );
    },
    openPort: (range, options = {}) => port('open-port', range, options),
    closePort: (range, options = {}) => port('close-port', range, options),
    openedPorts: () => asStrings('opened-ports', call.json('opened-ports', [])),
    openedPortsByEndpoint: () =>
      asStrings('opened-ports', call.json('opened-ports', ['--endpoints'])).map(openedPort),
  };
}

/** Reads `80/tcp (db, web)`. */
function openedPort(text: string): OpenedPort {
  const parts = /^(?<range>\S+) \((?<endpoints>[^)]*)\)$/.exec(text)?.groups;
  if (parts?.['range'] === undefined) return { range: text, endpoints: ['*'] };
  const endpoints = (parts['endpoints'] ?? '').split(',').map((endpoint) => endpoint.trim());
  return { range: parts['range'], endpoints };
}

function networkInfo(answer: UnknownRecord): NetworkInfo {
  const bindAddresses = list(answer['bind-addresses']).map((bind) => ({
    interfaceName: textAt(bind, 'interface-name'),
    macAddress: textAt(bind, 'mac-address'),
    addresses: list(bind['addresses']).map((address) => ({
      hostname: textAt(address, 'hostname'),
      value: textAt(address, 'value'),
      cidr: textAt(address, 'cidr'),
    })),
  }));
  const ingressAddresses = asStrings('network-get', answer['ingress-addresses']).filter(Boolean);
  const values = bindAddresses.flatMap((bind) => bind.addresses.map((address) => address.value));
  return {
    bindAddresses,
    bindAddress: values.find(Boolean) ?? null,
    ingressAddresses,
    ingressAddress: ingressAddresses[0] ?? null,
    egressSubnets: asStrings('network-get', answer['egress-subnets']).filter(Boolean),
  };
}

function list(value: unknown): readonly UnknownRecord[] {
  return Array.isArray(value) ? value.filter((item: unknown) => isRecord(item)) : [];
}
