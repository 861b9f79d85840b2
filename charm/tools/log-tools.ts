// juju-log. A charm logs through `charm/log`, which batches; this is the bare tool.

import type { ToolCaller } from './call.ts';
import { argumentBytesMax, splitText } from './text.ts';

export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

export interface LogTools {
  /** Logs at once, in as many calls as the text's length takes (W11). An empty text logs nothing. */
  jujuLog(level: LogLevel, message: string): void;
}

export function createLogTools(call: ToolCaller): LogTools {
  return {
    jujuLog(level, message) {
      // A log line must never be why a hook fails: what an argument can't hold is spelt out instead.
      const text = call.redactor.clean(message).replaceAll('\0', '\\0').toWellFormed();
      if (text === '') return;
      for (const piece of splitText(text, argumentBytesMax)) {
        call.run('juju-log', ['-l', level, '--', piece], { shownArgs: ['-l', level, '--', '...'] });
      }
    },
  };
}
