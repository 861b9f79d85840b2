// Shows faults of a configuration to people, as `patroni --validate-config` does: one line each with dotted
// path, value and message.

import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { fault, faultLine } from '#core/config/patroni/fault.ts';

/** The lines with their line breaks; an empty text where there are no faults. */
export function printFaults(faults: readonly ConfigFault[]): string {
  return faults.map((each) => `${faultLine(each)}\n`).join('');
}

/** The program's exit code: 1 where something is wrong, 0 where there is nothing, or warnings only. */
export function exitCodeOf(faults: readonly ConfigFault[]): 0 | 1 {
  return faults.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** A fault of a whole file, as one sentence. */
export function fileFault(
  sentence: string,
  severity: ConfigFault['severity'] = 'error',
): ConfigFault {
  return fault('', undefined, sentence, severity);
}
