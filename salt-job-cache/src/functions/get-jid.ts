// Reads what the minions returned for a job.

import type { Database, Row, Statement } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { parseJson } from '../value/parse-json.ts';
import { PythonError } from '../value/python-error.ts';
import type { PythonValue } from '../value/python-value.ts';
import { isDict, valueAt } from '../value/python-value.ts';
import { textIn } from './get-load.ts';

const returnsOf = 'SELECT id, return FROM salt_returns WHERE jid = $1';
const select: Statement = { name: 'get_jid', text: returnsOf };
// Rows of one statement have the same time; among those the one stored last stands last.
const selectInOrder: Statement = {
  name: 'get_jid_in_order',
  text: `${returnsOf} ORDER BY added NULLS FIRST, ctid`,
};

export interface ReadRules {
  readonly isCompatible: boolean;
  /** Told of each row that can't be read and is given as its text. */
  readonly onProblem: (error: JobCacheError) => void;
}

/**
 * JSON of a column; in the default mode text that is no JSON stays text, and somebody is told.
 *
 * @throws {JobCacheError} in compatible mode: `JSONDecodeError`
 */
export function parseColumn(
  text: string | null,
  place: { readonly jid: string; readonly field: string; readonly row: string },
  rules: ReadRules,
): PythonValue {
  try {
    return parseJson(text ?? 'null');
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    const { jid, field, row } = place;
    const problem = new JobCacheError(
      `Cannot read field "${field}" of ${row}: it is no JSON: ${error.message}`,
      { kind: error.kind, jid, field },
      { cause: error },
    );
    if (rules.isCompatible) throw problem;
    rules.onProblem(problem);
    return text;
  }
}

/** Rows of Salt before 2018.3 hold the bare value. */
function wrapped(value: PythonValue): PythonValue {
  if (isDict(value) && valueAt(value, 'return') !== undefined) return value;
  return new Map<PythonValue, PythonValue>([['return', value]]);
}

/**
 * @returns the object stored for each minion, with the key `return`; the last one where a minion returned
 *   twice; empty where nobody returned
 */
export async function getJid(
  database: Database,
  jid: string,
  rules: ReadRules,
): Promise<ReadonlyMap<string, PythonValue>> {
  const statement = rules.isCompatible ? select : selectInOrder;
  const { rows } = await database.run(statement, [jid]);
  const read = (row: Row): readonly [string, PythonValue] => {
    const minion = textIn(row, 'id') ?? 'None';
    const place = { jid, field: 'return', row: `the return of "${minion}" to job "${jid}"` };
    return [minion, wrapped(parseColumn(textIn(row, 'return'), place, rules))];
  };
  return new Map(rows.map((row) => read(row)));
}
