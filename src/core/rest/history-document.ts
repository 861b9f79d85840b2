// The JSON of `GET /history`: a list of lists, one for each timeline that ended, as it stands in the store.

import type { History, JsonValue } from '#core/dcs/cluster.ts';
import { writeHistory } from '#core/dcs/history.ts';
import { parseJson } from '#core/dcs/json.ts';

export function historyDocument(history: History | null): JsonValue {
  return parseJson(writeHistory(history?.lines ?? [])) ?? [];
}
