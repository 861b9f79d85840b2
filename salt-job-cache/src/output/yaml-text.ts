// Python's values as YAML. Numbers keep their kind, keys their order, and what a terminal would act upon
// is escaped.

import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Node } from 'yaml';
import { isFloat } from '../value/numbers.ts';
import { jsonText } from '../value/json-text.ts';
import type { PythonValue } from '../value/python-value.ts';
import { entriesOf, isList, PythonFloat, PythonTuple } from '../value/python-value.ts';
import { hasUnsafe, visibleDocument } from './visible-text.ts';

function numberNode(value: number | PythonFloat): Scalar {
  const number = value instanceof PythonFloat ? value.value : value;
  const scalar = new Scalar(number);
  // YAML reads `1` as an integer.
  if (Number.isInteger(number) && !Object.is(number, -0)) scalar.minFractionDigits = 1;
  return scalar;
}

function textNode(text: string): Scalar {
  const scalar = new Scalar(text);
  // Only text in double quotes has escapes.
  if (
    hasUnsafe(text.replaceAll('\n', '')) ||
    (hasUnsafe(text) && /^\s|[ \t]\n|\n\n$/u.test(text))
  ) {
    scalar.type = Scalar.QUOTE_DOUBLE;
  }
  return scalar;
}

function nodeOf(value: PythonValue): Node {
  if (typeof value === 'string') return textNode(value);
  if (value instanceof Uint8Array) return new Scalar(value);
  if (isFloat(value)) return numberNode(value);
  if (value === null || typeof value !== 'object') return new Scalar(value);
  if (value instanceof PythonTuple) return sequenceOf(value.items);
  if (isList(value)) return sequenceOf(value);
  const map = new YAMLMap();
  for (const [key, item] of entriesOf(value)) {
    // A key that is no text becomes one, as it does in JSON.
    const name = typeof key === 'string' ? key : jsonText(key);
    map.items.push(new Pair(textNode(name), nodeOf(item)));
  }
  return map;
}

function sequenceOf(items: readonly PythonValue[]): YAMLSeq {
  const sequence = new YAMLSeq();
  sequence.items = items.map(nodeOf);
  return sequence;
}

export function yamlText(value: PythonValue): string {
  // Salt's own reader knows YAML 1.1, to which more texts look like times, numbers or truth.
  const document = new Document(undefined, { compat: 'yaml-1.1' });
  document.contents = nodeOf(value) as unknown as null;
  return visibleDocument(document.toString({ lineWidth: 0 }));
}
