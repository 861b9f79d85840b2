// What network-get knows of a binding. Every unit of a model on one machine has one address, so all
// bindings see the same network; a world may say otherwise.

import { machineNumbered, unitNamed } from '../find.ts';
import type { Model, UnitName } from '../model.ts';
import { own } from '../own.ts';
import { egressSubnetsOf } from '../relation-scope.ts';
import { ownCharm } from '../uniter/own-charm.ts';

export interface InterfaceAddress {
  readonly hostname: string;
  readonly value: string;
  readonly cidr: string;
}

export interface BindAddress {
  readonly macAddress: string;
  readonly interfaceName: string;
  readonly addresses: readonly InterfaceAddress[];
}

export interface NetworkInfo {
  readonly bindAddresses: readonly BindAddress[];
  readonly egressSubnets: readonly string[];
  readonly ingressAddresses: readonly string[];
}

/** Network of one of the charm's bindings: an endpoint or an extra binding. Null for any other (H133). */
export function networkInfoOf(
  model: Model,
  unitName: UnitName,
  binding: string,
): NetworkInfo | null {
  const charm = ownCharm(model, unitName);
  const defined =
    own(charm.endpoints, binding) !== undefined ||
    charm.extraBindings.includes(binding) ||
    binding === 'juju-info';
  if (!defined) return null;
  const { address } = machineNumbered(model, unitNamed(model, unitName).machine);
  return {
    bindAddresses: [
      {
        // The loopback device has no hardware address; this is what Linux shows for it.
        macAddress: '00:00:00:00:00:00',
        interfaceName: 'lo',
        addresses: [{ hostname: '', value: address, cidr: subnetOf(address) }],
      },
    ],
    egressSubnets: egressSubnetsOf(address, model.config),
    ingressAddresses: [address],
  };
}

/** The network of a model's machines: the first three numbers of an IPv4 address. */
function subnetOf(address: string): string {
  return address.includes(':') ? `${address}/128` : address.replace(/\.[0-9]+$/u, '.0/24');
}
