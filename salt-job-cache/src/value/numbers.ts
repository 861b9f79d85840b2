// Python's text of numbers: integers exact at any size, floats with the fewest digits that read back the same.

import { checkDigits } from './depth.ts';
import { PythonFloat } from './python-value.ts';

export function isFloat(value: unknown): value is number | PythonFloat {
  return value instanceof PythonFloat || (typeof value === 'number' && !Number.isInteger(value));
}

export function intText(value: number | bigint): string {
  const exact =
    typeof value === 'bigint' || !Number.isSafeInteger(value)
      ? BigInt(value).toString()
      : String(value);
  checkDigits(exact.startsWith('-') ? exact.length - 1 : exact.length);
  return exact;
}

/** `repr()` of a float that is finite: fixed from 1e-4 to below 1e16, else with an exponent. */
function finiteText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = ''] = Math.abs(value).toExponential().split('e');
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const padded = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${padded}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** @param special the texts of not-a-number and infinity, which differ between repr() and JSON */
export function floatText(
  value: number | PythonFloat,
  special: { readonly nan: string; readonly infinity: string },
): string {
  const plain = value instanceof PythonFloat ? value.value : value;
  if (Number.isNaN(plain)) return special.nan;
  if (Number.isFinite(plain)) return finiteText(plain);
  return plain < 0 ? `-${special.infinity}` : special.infinity;
}
