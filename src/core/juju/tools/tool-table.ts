// Every hook tool by name: the set Juju 3.6 puts on PATH.

import { absentTools } from './absent-tools.ts';
import { actionTools } from './action-tools.ts';
import { applicationTools } from './application-tools.ts';
import { configGetTool } from './config-get.ts';
import { goalStateTool } from './goal-state.ts';
import { leadershipTools } from './leadership-tools.ts';
import { logTools } from './log-tools.ts';
import { networkTools } from './network-get.ts';
import { payloadTools } from './payload-tools.ts';
import { portTools } from './port-tools.ts';
import { relationGetTool } from './relation-get.ts';
import { relationListingTools } from './relation-listing.ts';
import { relationSetTool } from './relation-set.ts';
import { secretGetTool } from './secret-get.ts';
import { secretGrantTools } from './secret-grants.ts';
import { secretInfoTools } from './secret-info.ts';
import { secretWriteTools } from './secret-write.ts';
import { stateTools } from './state-tools.ts';
import { statusTools } from './status-tools.ts';
import { storageTools } from './storage-tools.ts';
import type { Tool } from './tool.ts';

const tools: readonly Tool[] = [
  ...relationListingTools,
  relationGetTool,
  relationSetTool,
  configGetTool,
  ...statusTools,
  ...leadershipTools,
  ...networkTools,
  ...portTools,
  ...logTools,
  ...actionTools,
  ...stateTools,
  ...secretWriteTools,
  secretGetTool,
  ...secretGrantTools,
  ...secretInfoTools,
  ...storageTools,
  goalStateTool,
  ...applicationTools,
  ...payloadTools,
  ...absentTools,
];

export const toolTable: ReadonlyMap<string, Tool> = new Map(tools.map((tool) => [tool.name, tool]));

/** What the tools directory holds, in order of name. */
export const toolNames: readonly string[] = [...toolTable.keys()].sort();
