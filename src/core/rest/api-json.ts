// JSON as Patroni's API writes it: with a space behind each comma and colon, which scripts that search the text
// with grep have come to expect. Otherwise it is what the store gets: plain ASCII, integers with all their digits.

import type { JsonValue } from '#core/dcs/cluster.ts';
import { asList, asObject, writeJson } from '#core/dcs/json.ts';

/** The value as one line of JSON. */
export function writeApiJson(value: JsonValue): string {
  const list = asList(value);
  if (list !== null) return `[${list.map(writeApiJson).join(', ')}]`;
  const object = asObject(value);
  if (object === null) return writeJson(value);
  const fields = Object.entries(object).map(
    ([key, field]) => `${writeJson(key)}: ${writeApiJson(field)}`,
  );
  return `{${fields.join(', ')}}`;
}
