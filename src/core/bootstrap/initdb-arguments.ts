// The command line of initdb.

import { processUserOptions } from './process-user-options.ts';

/** Ours alone to give, or such that no cluster is made, or none that is on disk. */
export const initdbNotAllowedOptions: readonly string[] = [
  'pgdata',
  'nosync',
  'pwfile',
  'sync-only',
  'version',
  'help',
  'show',
];

export interface InitdbRequest {
  /** `bootstrap.initdb` as configured. */
  readonly options: unknown;
  readonly superuserName: string | null;
  /** Null: the superuser gets no password. */
  readonly passwordFile: string | null;
  readonly dataDirectory: string;
}

export type InitdbArguments =
  | { readonly kind: 'arguments'; readonly args: readonly string[] }
  /** A cluster with other properties than asked for is worse than none; each fault is a sentence. */
  | { readonly kind: 'faulty'; readonly faults: readonly string[] };

export function initdbArguments(request: InitdbRequest): InitdbArguments {
  const faults: string[] = [];
  const user = processUserOptions(
    'initdb',
    request.options ?? [],
    initdbNotAllowedOptions,
    (fault) => faults.push(fault),
  );
  if (faults.length > 0) return { kind: 'faulty', faults };
  const args = [...user];
  if (request.superuserName !== null) args.push(`--username=${request.superuserName}`);
  if (request.passwordFile !== null) args.push(`--pwfile=${request.passwordFile}`);
  return { kind: 'arguments', args: [...args, request.dataDirectory] };
}
