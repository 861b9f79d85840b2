// Small readers for values of unknown shape. A fault names the place and the kinds of value, never the value
// itself: any of them may be a password.

/** Says where the input is not what it has to be. */
export class InputFault extends Error {
  override readonly name = 'InputFault';
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function fault(place: string, expected: string, value: unknown): InputFault {
  return new InputFault(`${place} is to be ${expected}, and is ${kindOf(value)}`);
}

export type Reader<Value> = (value: unknown, place: string) => Value;

export const text: Reader<string> = (value, place) => {
  if (typeof value !== 'string') throw fault(place, 'text', value);
  return value;
};

export const filledText: Reader<string> = (value, place) => {
  if (text(value, place) === '') throw new InputFault(`${place} is empty`);
  return text(value, place);
};

/** A path from the root: a relative one would depend on the directory a hook happens to run in. */
export const path: Reader<string> = (value, place) => {
  const found = filledText(value, place);
  if (!found.startsWith('/') || /[\u0000-\u001f]/u.test(found)) {
    throw new InputFault(`${place} is to be a path that begins with "/"`);
  }
  return found;
};

export const boolean: Reader<boolean> = (value, place) => {
  if (typeof value !== 'boolean') throw fault(place, 'true or false', value);
  return value;
};

export const port: Reader<number> = (value, place) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InputFault(`${place} is to be a whole number from 1 to 65535`);
  }
  return value;
};

export function list<Value>(item: Reader<Value>): Reader<readonly Value[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw fault(place, 'a list', value);
    return value.map((entry: unknown, index) => item(entry, `${place}[${index}]`));
  };
}

export function optional<Value>(item: Reader<Value>): Reader<Value | null> {
  return (value, place) => (value === null || value === undefined ? null : item(value, place));
}

/** An object whose keys are names from outside; read by its own keys only. */
export function dictionary<Value>(item: Reader<Value>): Reader<Readonly<Record<string, Value>>> {
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw fault(place, 'an object', value);
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]: [string, unknown]) => [
        key,
        item(entry, `${place}.${key}`),
      ]),
    );
  };
}

type Shape = Readonly<Record<string, Reader<unknown>>>;
type Shaped<Readers extends Shape> = { readonly [Key in keyof Readers]: ReturnType<Readers[Key]> };

/** An object of these keys and no others: an unknown one is a typing error that would be ignored. */
export function object<Readers extends Shape>(readers: Readers): Reader<Shaped<Readers>> {
  return (value, place) => {
    const found = dictionary((entry) => entry)(value, place);
    const unknown = Object.keys(found).find((key) => !Object.hasOwn(readers, key));
    if (unknown !== undefined) throw new InputFault(`${place} has an unknown key "${unknown}"`);
    const entries = Object.entries(readers).map(([key, reader]) => [
      key,
      reader(Object.hasOwn(found, key) ? found[key] : undefined, `${place}.${key}`),
    ]);
    // Every key of the shape was read by its own reader in the line above.
    return Object.fromEntries(entries) as Shaped<Readers>;
  };
}
