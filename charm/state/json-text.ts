// The text form of a value in the unit data: canonical, so that equal values are equal texts, and
// strict, so that what is read back is what was kept.

/** Whole numbers beyond 2^53 are bigint: other programs write them, and a double would round them. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Deeper values are taken for a mistake before they exhaust the stack. */
const depthMax = 500;

/**
 * The value as JSON with sorted keys.
 * @throws TypeError naming the place for undefined, NaN, infinities, functions, symbols, cycles and
 * objects of a class: JSON has none of them, and leaving them out would lose data without a word
 */
export function encodeJson(value: unknown): string {
  return encode(value, '', []);
}

/**
 * Reads JSON text as `encodeJson` or another program wrote it.
 * @throws SyntaxError for what is not JSON, for example the bare NaN Python writes
 */
export function decodeJson(text: string): JsonValue {
  // The exact reading of numbers costs a function call a value; most texts have none that needs it.
  const value: unknown = /\d{16}/.test(text) ? JSON.parse(text, exactNumbers) : JSON.parse(text);
  // JSON.parse makes nothing but JSON values, and the reviver adds bigint.
  return value as JsonValue;
}

/** Keeps a whole number that a double can't hold. The source text is that of the number itself. */
function exactNumbers(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function encode(value: unknown, path: string, ancestors: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return encodeNumber(value, path);
    case 'object':
      return value === null ? 'null' : encodeObject(value, path, ancestors);
    case 'undefined':
      throw refuse(path, 'undefined, which is not null');
    case 'function':
    case 'symbol':
    default:
      throw refuse(path, `a ${typeof value}`);
  }
}

function encodeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw refuse(path, String(value));
  if (Object.is(value, -0)) return '-0';
  // Written out in digits it would look like a whole number that is exact, and be read as bigint.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return String(value);
}

function encodeObject(value: object, path: string, ancestors: readonly object[]): string {
  if (ancestors.includes(value)) throw refuse(path, 'a value that contains itself');
  if (ancestors.length >= depthMax) throw refuse(path, `more than ${depthMax} levels`);
  const chain = [...ancestors, value];
  if (Array.isArray(value)) {
    // Array.from also visits holes, which are undefined and refused like it.
    const items = Array.from(value, (item: unknown, index) =>
      encode(item, `${path}[${index}]`, chain),
    );
    return `[${items.join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refuse(path, `an object of class ${value.constructor.name}`);
  }
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${encode(item, `${path}.${key}`, chain)}`);
  return `{${members.join(',')}}`;
}

function refuse(path: string, found: string): TypeError {
  const place = path === '' ? 'the value' : `'value${path}'`;
  return new TypeError(
    `Cannot keep ${place} in the unit data: found ${found}, need JSON (text, finite number, boolean, null, list or plain object)`,
  );
}
