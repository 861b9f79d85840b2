// The controller as a process of its own: opens the model, serves it, and ends in order when told to.

import { writeFileAtomically } from '#adapters/files/atomic-write.ts';

import type { ControllerOptions } from '../start-controller.ts';
import { prepareStateDir, removeStateDir } from '../state/state-directory.ts';
import { Controller } from './controller.ts';
import { logLine } from './own-log.ts';
import { report } from './report.ts';
import { serve } from './serve.ts';

export interface ControllerProcessOptions extends ControllerOptions {
  /** In the foreground nobody waits for a report, and Ctrl-C is the way to end it. */
  readonly foreground: boolean;
}

/** Runs until a signal, a `stop` or a `destroy` ends it. Throws `UserError` when it can't start. */
export async function runController(options: ControllerProcessOptions): Promise<void> {
  process.umask(0o022);
  const ended = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => ended.resolve());
  }
  // The answer to the call must be out before the socket goes.
  const endSoon = (): void => {
    setImmediate(() => ended.resolve());
  };
  prepareStateDir(options.stateDir);
  const controller = await Controller.open(options);
  let destroyed = false;
  const listener = await serve(controller, {
    onStop: endSoon,
    onDestroy: async (callerPid) => {
      destroyed = true;
      await endModel(controller, callerPid);
      endSoon();
    },
  });
  writeFileAtomically(controller.layout.pidFile, `${process.pid}\n`);
  logLine('INFO', `serving ${options.stateDir} as process ${process.pid}`);
  controller.start();
  if (!options.foreground) report('ready');
  await ended.promise;
  await listener.close();
  if (!destroyed) await controller.quiesce('SIGTERM');
  await controller.close();
  if (destroyed) removeStateDir(options.stateDir);
}

/** Ends hooks and daemons. Nothing new starts: the loop is closed first. */
async function endModel(controller: Controller, callerPid: number): Promise<void> {
  await controller.quiesce('SIGKILL');
  await controller.endAllProcesses([callerPid]);
}
