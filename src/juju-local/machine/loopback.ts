// The addresses of a model's machines: loopback networks of its own, so that two models on one computer
// can use the same ports at the same time.
//
// A network 127.x.y.0/24 is derived from the state directory's path and taken by listening on
// 127.x.y.1:17070 for as long as the controller lives; the next one is tried when it is taken. Machines beyond what
// one network holds get another network, taken the same way.

import { createHash } from 'node:crypto';

import { claimAddress } from '#adapters/net/unix-listener.ts';
import type { Listener } from '#adapters/net/unix-listener.ts';

import { UserError } from '../user-error.ts';

/** The port a Juju controller's API has. */
export const apiPort = 17070;
/** Last part of the address of a network's first machine. */
const firstHost = 10;
const lastHost = 254;
const machinesPerNetwork = lastHost - firstHost + 1;

/** 127.16.0.0 up to 127.254.255.0: clear of 127.0 and 127.1, which programs use by habit. */
const firstNetwork = 16 * 256;
const networkCount = (254 - 16 + 1) * 256;

/** `x.y` of 127.x.y.0/24. */
export type NetworkName = string;

/** The network tried `attempt`-th for this state directory; each attempt gives the following one. */
export function networkFor(stateDir: string, attempt: number): NetworkName {
  const digest = createHash('sha256').update(stateDir).digest();
  const start = digest.readUInt32BE(0) % networkCount;
  const number = firstNetwork + ((start + attempt) % networkCount);
  return `${Math.floor(number / 256)}.${number % 256}`;
}

/** How many networks a model with machines numbered below `machines` needs. */
export function networksNeeded(machines: number): number {
  return Math.max(1, Math.ceil(machines / machinesPerNetwork));
}

/** Address of a machine by its number, given the model's networks in the order they were taken. */
export function addressOf(machine: string, networks: readonly NetworkName[]): string {
  // A container `0/lxd/1` shares the number of its host here; it has no machine of its own.
  const number = Number.parseInt(machine, 10);
  const network = networks[Math.floor(number / machinesPerNetwork)];
  if (network === undefined) {
    throw new Error(
      `Cannot give machine '${machine}' an address: ${networks.length} networks taken`,
    );
  }
  return `127.${network}.${firstHost + (number % machinesPerNetwork)}`;
}

/** The loopback networks a controller holds. */
export class Networks {
  readonly #stateDir: string;
  readonly #names: NetworkName[] = [];
  readonly #claims: Listener[] = [];

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  get names(): readonly NetworkName[] {
    return this.#names;
  }

  get apiAddress(): string {
    return `127.${this.#names[0]}.1:${apiPort}`;
  }

  /** Takes again what the model had before. Throws `UserError` when another program has it now. */
  async reclaim(names: readonly NetworkName[]): Promise<void> {
    for (const name of names) {
      const claim = await claimAddress(`127.${name}.1`, apiPort);
      if (claim === null) {
        throw new UserError(
          `address 127.${name}.1:${apiPort} of this model is taken by another program`,
          'stop that program, or destroy this model with "juju-local destroy --force"',
        );
      }
      this.#names.push(name);
      this.#claims.push(claim);
    }
  }

  /** Takes further networks until machines numbered below `machines` have addresses. */
  async grow(machines: number): Promise<void> {
    const attempts = 1024;
    for (let attempt = 0; this.#names.length < networksNeeded(machines); attempt += 1) {
      if (attempt === attempts) {
        throw new UserError(
          `no free loopback network found in ${attempts} tries`,
          `see with "ss -ltn" who listens on port ${apiPort}`,
        );
      }
      const name = networkFor(this.#stateDir, attempt);
      if (this.#names.includes(name)) continue;
      const claim = await claimAddress(`127.${name}.1`, apiPort);
      if (claim === null) continue;
      this.#names.push(name);
      this.#claims.push(claim);
    }
  }

  async release(): Promise<void> {
    for (const claim of this.#claims.splice(0)) await claim.close();
    this.#names.length = 0;
  }
}
