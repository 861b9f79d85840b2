// Any value Python could hand to Salt, for property tests.

import fc from 'fast-check';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { PythonFloat, PythonTuple } from '#salt-job-cache/src/value/python-value.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', "'", '\\', '\n', '\u0000', 'a', '\u00a0', '\ud800', '😀'),
  }),
);

const float = fc
  .double()
  .map((value) => (Number.isInteger(value) ? new PythonFloat(value) : value));

const jsonScalar: fc.Arbitrary<PythonValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value)),
  fc
    .bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
  float,
  text,
);

/** What JSON has a form for: what goes in comes out the same. */
export const jsonValues: fc.Arbitrary<PythonValue> = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    jsonScalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(text, fc.nat(20).map(String)), tie('value')), { maxLength: 4 })
      .map((entries): PythonValue => new Map<PythonValue, PythonValue>(entries)),
  ),
})).value;

/** Bytes, tuples and keys of any type as well. */
export const pythonValues: fc.Arbitrary<PythonValue> = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    jsonScalar,
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new PythonTuple(items)),
    fc
      .array(fc.tuple(fc.oneof(jsonScalar, fc.uint8Array({ maxLength: 4 })), tie('value')), {
        maxLength: 4,
      })
      .map((entries): PythonValue => new Map<PythonValue, PythonValue>(entries)),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  ),
})).value;
