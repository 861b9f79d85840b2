// Verbs that show how the model is.

import type { Command } from 'commander';

import { showUnit, showUnitJson, showUnitYaml } from '#core/juju/show-unit.ts';
import { statusJson, statusTable, statusYaml } from '#core/juju/status-table.ts';
import type { Model } from '#core/juju/model.ts';

import type { JujuLocal } from '../client.ts';
import { statusOf } from '../client-views.ts';
import { checkFormat } from './format.ts';
import { ignored } from './model-verbs.ts';
import type { Session } from './session.ts';
import { duration } from './session.ts';

interface StatusFlags {
  readonly format: string;
  readonly relations?: boolean;
  readonly storage?: boolean;
  readonly watch?: string;
}

/** Clears the screen and puts the cursor in its corner. */
const clearScreen = '\u001B[2J\u001B[H';

export function addStatusVerbs(program: Command, session: Session): void {
  program
    .command('status')
    .description('show applications, units and machines with their statuses')
    .argument('[names...]', 'only these applications and units')
    .option('--format <format>', 'tabular, json or yaml', 'tabular')
    .option('--relations', 'with a section of relations')
    .option('--integrations', 'the same')
    .option('--storage', 'with a section of storage')
    .option('--watch <interval>', 'show it again after each change, at most this often')
    .addOption(ignored('--color'))
    .addOption(ignored('--no-color'))
    .action(async (names: readonly string[], flags: StatusFlags & { integrations?: boolean }) => {
      const relations = flags.relations === true || flags.integrations === true;
      await status(session, names, { ...flags, relations });
    });
  program
    .command('show-unit')
    .description('show units with the data of their relations')
    .argument('<units...>')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--endpoint <name>', 'only relations of this endpoint')
    .action(async (units: readonly string[], flags: { format: string; endpoint?: string }) => {
      const format = checkFormat(flags.format, ['yaml', 'json']);
      const view = showUnit(await (await session.open()).model(), units, {
        now: Date.now(),
        ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
      });
      session.print(format === 'yaml' ? showUnitYaml(view) : showUnitJson(view));
    });
}

async function status(
  session: Session,
  names: readonly string[],
  flags: StatusFlags,
): Promise<void> {
  const juju = await session.open();
  checkFormat(flags.format, ['tabular', 'json', 'yaml']);
  if (flags.watch === undefined) {
    session.print(describeStatus(await juju.model(), names, flags));
    return;
  }
  const interval = duration(flags.watch);
  for await (const model of changesAtMost(juju, interval)) {
    session.print(`${clearScreen}${describeStatus(model, names, flags)}`);
  }
}

/** The model after each change, but no more often than every `intervalMs`. */
async function* changesAtMost(
  juju: JujuLocal,
  intervalMs: number,
): AsyncGenerator<Model, void, undefined> {
  const { delay } = await import('#adapters/system/clock.ts');
  let lookedAt = 0;
  for await (const event of juju.events()) {
    // What changed before the last look was in it.
    if (event.kind !== 'changed' || event.at < lookedAt) continue;
    lookedAt = Date.now();
    yield await juju.model();
    await delay(intervalMs);
  }
}

function describeStatus(model: Model, filter: readonly string[], flags: StatusFlags): string {
  const view = statusOf(model, Date.now(), filter);
  if (flags.format === 'json') return statusJson(view);
  if (flags.format === 'yaml') return statusYaml(view);
  return statusTable(view, {
    relations: flags.relations ?? false,
    storage: flags.storage ?? false,
  });
}
