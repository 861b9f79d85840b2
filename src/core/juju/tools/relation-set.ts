// relation-set: writes the unit's or, on the leader, the application's own bag into the hook's buffer.
// There is no way to name another bag (H40), and nothing leaves the hook before its commit.

import { fileFlag, keyValuesWithFile } from './key-values.ts';
import { isSet } from './flags.ts';
import { requireLeader } from './leader-check.ts';
import { relationFlag, requireRelation } from './relation-flag.ts';
import { ownApplicationSettings, ownUnitSettings } from './relation-settings.ts';
import { deleteFromBuffer, setInBuffer } from './settings-buffer.ts';
import type { Invocation, Tool } from './tool.ts';
import { deprecatedFormatFlag, warnOfFormat } from './deprecated-format.ts';

/** The lead is asked for at the call, so that a unit that has not got it fails here and not at the commit (H93). */
function relationSet(invocation: Invocation): void {
  const relation = requireRelation(invocation);
  const values = keyValuesWithFile(invocation);
  warnOfFormat(invocation);
  const toApplication = isSet(invocation.flags, 'app');
  if (toApplication) requireLeader(invocation, 'cannot write relation settings');
  const buffer = toApplication
    ? ownApplicationSettings(invocation, relation)
    : ownUnitSettings(invocation, relation);
  for (const [key, value] of values) {
    // There is no way to keep an empty value in a bag (H90).
    if (value === '') deleteFromBuffer(buffer, key);
    else setInBuffer(buffer, key, value);
  }
}

export const relationSetTool: Tool = {
  name: 'relation-set',
  usage: 'key=value [key=value ...]',
  purpose: 'Set settings of the unit or its application in a relation.',
  flags: [
    relationFlag,
    fileFlag,
    { names: ['app'], kind: 'boolean', help: "set the application's settings, as its leader" },
    deprecatedFormatFlag,
  ],
  formats: null,
  run: relationSet,
};
