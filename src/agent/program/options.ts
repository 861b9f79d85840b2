// The command line of pg-agent: Patroni's, and two commands of its own.

import { parseArgs } from 'node:util';

export type Command =
  | { readonly kind: 'run'; readonly path: string | null }
  | { readonly kind: 'validate'; readonly path: string | null; readonly isIgnoringPort: boolean }
  | { readonly kind: 'explain'; readonly path: string | null; readonly isJson: boolean }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const usage = `Usage: pg-agent [CONFIG]              run the agent of one member
       pg-agent explain [CONFIG]      print its last decisions and their reasons
       pg-agent --validate-config [CONFIG]
       pg-agent --version

CONFIG is a Patroni configuration file, or a directory of such files. Without it, everything
comes from PATRONI_* variables.

  --validate-config            check the configuration, print each fault with its path, and exit
  -i, --ignore-listen-port     do not mind that a port is in use, with --validate-config
  --json                       print decisions as JSON, with explain
  --version                    print the version
  -h, --help                   print this
`;

export function readCommand(args: readonly string[]): Command {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'validate-config': { type: 'boolean' },
        'ignore-listen-port': { type: 'boolean', short: 'i' },
        json: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  const isExplain = positionals[0] === 'explain';
  const [path = null, ...rest] = isExplain ? positionals.slice(1) : positionals;
  if (rest.length > 0) {
    return { kind: 'wrong', message: `Takes one configuration, found also: ${rest.join(' ')}` };
  }
  if (isExplain) return { kind: 'explain', path, isJson: values.json === true };
  return values['validate-config'] === true
    ? { kind: 'validate', path, isIgnoringPort: values['ignore-listen-port'] === true }
    : { kind: 'run', path };
}
