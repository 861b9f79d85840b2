// Vectors made with Python 3.11 and Salt 3006, one JSON object a line.

import { readFile } from 'node:fs/promises';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { PythonDict, PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { isDict, valueAt } from '#salt-job-cache/src/value/python-value.ts';

export async function goldenLines(name: string): Promise<readonly PythonDict[]> {
  const text = await readFile(new URL(`../../golden/salt/${name}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value = parseJson(line);
      if (!isDict(value)) throw new Error(`${name}: a line is no object`);
      return value;
    });
}

/** A value of a vector that is there. */
export function given(dict: PythonDict, key: string): PythonValue {
  const value = valueAt(dict, key);
  if (value === undefined) throw new Error(`the vector has no ${key}`);
  return value;
}

export function givenText(dict: PythonDict, key: string): string {
  const value = given(dict, key);
  if (typeof value !== 'string') throw new Error(`the vector's ${key} is no text`);
  return value;
}
