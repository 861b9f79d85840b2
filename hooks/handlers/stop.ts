// Takes PostgreSQL down before what it stands on goes away. Storage is taken before the relations end
// (L60), so nothing after this may start the server again.

import type { Handler } from '#charm/reactive/handler.ts';
import { type Context, words } from '../context.ts';
import { dataDirectoryOf } from '../desired.ts';
import { noteTrouble, serverTrouble, storageLocation } from '../facts.ts';
import { knownServer } from '../known-server.ts';

const { handler, hook } = words;

/**
 * Stops the server if it runs.
 * @throws where it goes on running: Juju then runs the hook again instead of taking the storage from it
 */
function stopServer(context: Context): void {
  const storage = storageLocation.read(context.data);
  const isAlive = (): boolean =>
    storage !== null && context.services.isServerAlive(dataDirectoryOf(storage));
  const known = isAlive() ? knownServer(context) : null;
  if (known !== null) {
    const answer = context.services.stop({ command: 'stop', server: known.server });
    for (const sentence of answer.did) context.log.info(sentence);
    if (isAlive()) {
      throw new Error(
        `Cannot give up the storage: PostgreSQL still runs on it. ${answer.problem?.message ?? ''}`,
      );
    }
  }
  noteTrouble(serverTrouble, context.data, null, context.now());
}

/** Storage that is attached again later brings its cluster back. */
const giveUpStorage = handler('give-up-storage', [hook('pgdata-storage-detaching')], (context) => {
  stopServer(context);
  storageLocation.write(context.data, null);
});

const stop = handler('stop', [hook('stop')], (context) => {
  stopServer(context);
  context.flags.set('postgresql.stopping');
});

/** A unit that was stopped and is started again takes up its work. */
const startAgain = handler('start-again', [hook('start')], (context) => {
  if (!context.flags.isSet('postgresql.stopping')) return;
  context.flags.clear('postgresql.stopping');
  context.flags.set('postgresql.look_again');
});

export const stopHandlers: readonly Handler<Context>[] = [giveUpStorage, stop, startAgain];
