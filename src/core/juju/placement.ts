// Where things of the model live on the real machine. The model decides that a machine or a storage
// instance exists; only the program that owns addresses and directories can say where, so it passes
// this in.

import type { StorageId } from './model.ts';

export interface Placement {
  /** Address of a machine, for example `127.64.3.10`. */
  addressOf(machineId: string): string;
  /** Absolute path of a storage instance attached to a unit on this machine. */
  storageLocation(storageId: StorageId, machineId: string): string;
}
