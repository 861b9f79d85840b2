// Verbs about secrets: those of the user, and a look at all there are.

import type { Command } from 'commander';

import type { Secret } from '#core/juju/model.ts';
import { latestRevision } from '#core/juju/secret-access.ts';
import { secretIdIn } from '#core/juju/names.ts';

import { UserError } from '../user-error.ts';
import { formatData, formatTable } from './format.ts';
import type { Session } from './session.ts';
import { keyValues } from './session.ts';

export function addSecretVerbs(program: Command, session: Session): void {
  program
    .command('add-secret')
    .description('add a secret of the user')
    .argument('<name>')
    .argument('<values...>', 'key=value')
    .option('--info <text>', 'what it is for', '')
    .action(async (name: string, values: readonly string[], flags: { readonly info: string }) => {
      const input = { name, content: keyValues(values), description: flags.info };
      session.print((await (await session.open()).call('add-secret', input)).secret);
    });
  program
    .command('grant-secret')
    .description('let applications read a secret of the user')
    .argument('<secret>', 'name or URI')
    .argument('<applications>', 'separated by commas')
    .action(async (secret: string, applications: string) => {
      const input = { secret, applications: applications.split(',') };
      await (await session.open()).call('grant-secret', input);
    });
  program
    .command('secrets')
    .description('list all secrets of the model')
    .action(async () => {
      const { secrets } = await (await session.open()).model();
      const rows = Object.values(secrets).map((secret) => [
        secret.id,
        secret.label || '-',
        secret.owner.kind === 'model' ? '<model>' : secret.owner.name,
        secret.rotate,
        String(latestRevision(secret).revision),
      ]);
      session.print(formatTable(['ID', 'Name', 'Owner', 'Rotation', 'Revision'], rows));
    });
  program
    .command('show-secret')
    .description('show one secret')
    .argument('<secret>', 'name or URI')
    .option('--reveal', 'with its content')
    .action(async (reference: string, flags: { readonly reveal?: boolean }) => {
      const { secrets } = await (await session.open()).model();
      const id = secretIdIn(reference);
      const found = Object.values(secrets).find(
        (secret) => secret.id === id || (secret.label === reference && reference !== ''),
      );
      if (found === undefined) {
        throw new UserError(`secret "${reference}" not found`, 'See "juju-local secrets".');
      }
      session.print(formatData(describeSecret(found, flags.reveal === true), 'yaml'));
    });
}

function describeSecret(secret: Secret, reveal: boolean): unknown {
  const latest = latestRevision(secret);
  return {
    [secret.id]: {
      revision: latest.revision,
      rotation: secret.rotate,
      owner: secret.owner.kind === 'model' ? '<model>' : secret.owner.name,
      ...(secret.description === '' ? {} : { description: secret.description }),
      ...(secret.label === '' ? {} : { name: secret.label }),
      ...(secret.grants.length === 0
        ? {}
        : { access: secret.grants.map((grant) => ({ target: grant.consumer, role: 'view' })) }),
      ...(reveal ? { content: latest.content } : {}),
    },
  };
}
