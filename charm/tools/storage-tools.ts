// storage-list, storage-get and storage-add.

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { sortNumbered } from './order.ts';
import { asRecord, asStrings, textAt } from './shape.ts';

export interface StorageInfo {
  readonly kind: 'filesystem' | 'block';
  /** Mount point or device, for example `/srv/pgdata`. */
  readonly location: string;
}

export interface StorageTools {
  /** Attached instances like `['pgdata/0']`, of one storage or of all. */
  storageList(name?: string): readonly string[];
  storageGet(id: string): StorageInfo;
  /** Asks for more instances; an attached hook follows for each (H202). */
  storageAdd(name: string, count?: number): void;
}

export function createStorageTools(call: ToolCaller): StorageTools {
  return {
    storageList(name) {
      const args = name === undefined ? [] : ['--', name];
      return sortNumbered(asStrings('storage-list', call.json('storage-list', args)), '/');
    },
    storageGet(id) {
      const fields = asRecord('storage-get', call.json('storage-get', ['-s', id]));
      const kind = textAt(fields, 'kind') === 'block' ? 'block' : 'filesystem';
      return { kind, location: textAt(fields, 'location') };
    },
    storageAdd(name, count = 1) {
      if (!Number.isSafeInteger(count) || count < 1) {
        throw new HookToolError({
          kind: 'usage',
          tool: 'storage-add',
          detail: `the count is ${count}, need a whole number of at least 1`,
        });
      }
      call.run('storage-add', ['--', `${name}=${count}`]);
    },
  };
}
