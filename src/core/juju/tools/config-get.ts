// config-get: the application's configuration as the hook first saw it (3.11).

import { effectiveConfig } from '../config-values.ts';
import { applicationNamed } from '../find.ts';
import { ownCharm } from '../uniter/own-charm.ts';
import { own } from '../own.ts';
import { isSet } from './flags.ts';
import { goQuote } from './go-quote.ts';
import { requireNoMore } from './arguments.ts';
import { smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';
import type { OutputValue } from './output-value.ts';

/** A key that is unset and one the charm does not have look the same: null, and no error (H100). */
function configGet(invocation: Invocation): void {
  const [key, ...rest] = invocation.args;
  const all = isSet(invocation.flags, 'all');
  if (all && key !== undefined) {
    throw usageError(`cannot use argument --all together with key ${goQuote(key)}`);
  }
  requireNoMore(rest);
  const { context } = invocation;
  const charm = ownCharm(invocation.model, context.unit);
  const application = applicationNamed(invocation.model, context.application);
  // Read once in a hook, whatever the user changes meanwhile (H102).
  context.config ??= effectiveConfig(application, charm);
  const { config } = context;
  if (key !== undefined && key !== '') {
    invocation.print(own(config, key) ?? null);
    return;
  }
  const options = all ? Object.keys(charm.config) : Object.keys(config);
  const entries = options.map((name): [string, OutputValue] => [name, own(config, name) ?? null]);
  invocation.print(new Map(entries));
}

export const configGetTool: Tool = {
  name: 'config-get',
  usage: '[<key>]',
  purpose: 'Print the configuration of the application.',
  flags: [{ names: ['a', 'all'], kind: 'boolean', help: 'print options without a value too' }],
  formats: smartFormats,
  run: configGet,
};
