// network-get and unit-get: addresses of the unit (3.15, 3.16).

import { machineNumbered, unitNamed } from '../find.ts';
import { goQuote } from './go-quote.ts';
import { isSet } from './flags.ts';
import type { FlagValues } from './flags.ts';
import { networkInfoOf } from './network-info.ts';
import type { BindAddress, NetworkInfo } from './network-info.ts';
import { struct } from './output-value.ts';
import type { OutputStruct, OutputValue } from './output-value.ts';
import { relationFlag } from './relation-flag.ts';
import { requireNoMore } from './arguments.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

// In the order the arguments are documented; the printed map is sorted by key anyway (H132).
const parts = ['bind-address', 'ingress-address', 'egress-subnets'] as const;
type Part = (typeof parts)[number];

/** Arguments are judged before the network is looked at, so that a bad call never depends on the model. */
function networkGet(invocation: Invocation): void {
  const [binding, ...rest] = invocation.args;
  if (binding === undefined) throw usageError('no arguments specified');
  if (binding === '') throw usageError('no binding name specified');
  const wanted = parts.filter((part) => isSet(invocation.flags, part));
  const onlyPrimary = isSet(invocation.flags, 'primary-address');
  if (onlyPrimary && wanted.length > 0) {
    throw usageError('--primary-address must be the only flag specified');
  }
  requireNoMore(rest);
  const info = infoFor(invocation, binding);
  if (onlyPrimary) {
    invocation.print(firstAddress(info, binding));
    return;
  }
  if (wanted.length === 0) {
    invocation.print(wholeInfo(info, invocation.flags));
    return;
  }
  const values = wanted.map((part): [string, OutputValue] => [part, partOf(info, part, binding)]);
  const [only, ...more] = values;
  invocation.print(only !== undefined && more.length === 0 ? only[1] : new Map(values));
}

/** Exit 1 for a binding the charm does not define, and for one without any interface (H133). */
function infoFor(invocation: Invocation, binding: string): NetworkInfo {
  const { context, world } = invocation;
  const info =
    world.network === undefined
      ? networkInfoOf(invocation.model, context.unit, binding)
      : world.network(context.unit, binding);
  if (info === null || info.bindAddresses.length === 0) {
    throw runError(`no network config found for binding ${goQuote(binding)}`);
  }
  return info;
}

/** The ingress address is the first of several; a binding that has none falls back to where it listens. */
function partOf(info: NetworkInfo, part: Part, binding: string): OutputValue {
  switch (part) {
    case 'bind-address':
      return firstAddress(info, binding);
    case 'ingress-address':
      return info.ingressAddresses[0] ?? firstAddress(info, binding);
    case 'egress-subnets':
      return info.egressSubnets;
    default:
      return part satisfies never;
  }
}

/** The first address of the first interface stands for the binding wherever one value is wanted. */
function firstAddress(info: NetworkInfo, binding: string): string {
  const address = info.bindAddresses[0]?.addresses[0];
  if (address === undefined) {
    throw runError(`no addresses attached to space for binding ${goQuote(binding)}`);
  }
  return address.value;
}

/** Empty lists are left out; YAML repeats some fields under the names older agents read (H130, H131). */
function wholeInfo(info: NetworkInfo, flags: FlagValues): OutputStruct {
  const legacy = flags.get('format') !== 'json';
  return struct([
    ['bind-addresses', info.bindAddresses.map((bind) => bindAddress(bind, legacy))],
    ['egress-subnets', info.egressSubnets.length === 0 ? undefined : info.egressSubnets],
    ['ingress-addresses', info.ingressAddresses.length === 0 ? undefined : info.ingressAddresses],
  ]);
}

function bindAddress(bind: BindAddress, legacy: boolean): OutputStruct {
  const addresses = bind.addresses.map((address) =>
    struct([
      ['hostname', address.hostname],
      ['value', address.value],
      ['cidr', address.cidr],
      ['address', legacy ? address.value : undefined],
    ]),
  );
  return struct([
    ['mac-address', bind.macAddress],
    ['interface-name', bind.interfaceName],
    ['addresses', addresses],
    ['macaddress', legacy ? bind.macAddress : undefined],
    ['interfacename', legacy ? bind.interfaceName : undefined],
  ]);
}

/** On one machine the private address is the public one. */
function unitGet(invocation: Invocation): void {
  const [setting, ...rest] = invocation.args;
  if (setting === undefined) throw usageError('no setting specified');
  if (setting !== 'private-address' && setting !== 'public-address') {
    throw usageError(`unknown setting ${goQuote(setting)}`);
  }
  requireNoMore(rest);
  const { machine } = unitNamed(invocation.model, invocation.context.unit);
  const { address } = machineNumbered(invocation.model, machine);
  if (address === '') throw runError(`${setting.replace('-', ' ')} not found`);
  invocation.print(address);
}

export const networkTools: readonly Tool[] = [
  {
    name: 'network-get',
    usage: '<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]',
    purpose: 'Get the network configuration of a binding.',
    flags: [
      { names: ['bind-address'], kind: 'boolean', help: 'the address to listen on' },
      { names: ['ingress-address'], kind: 'boolean', help: 'the address to advertise' },
      { names: ['egress-subnets'], kind: 'boolean', help: 'where connections will come from' },
      { names: ['primary-address'], kind: 'boolean', help: '(deprecated) the primary address' },
      relationFlag,
    ],
    formats: smartFormats,
    run: networkGet,
  },
  {
    name: 'unit-get',
    usage: '<setting>',
    purpose: 'Print the public-address or private-address of the unit.',
    flags: [],
    formats: smartFormats,
    run: unitGet,
  },
];
