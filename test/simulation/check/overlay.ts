// An object with some of its members replaced, for what is broken on purpose.

/** The same object but for these members. */
export function overlaid<Part extends object>(part: Part, over: Partial<Part>): Part {
  return new Proxy(part, {
    get(target, name) {
      const replaced: unknown = Reflect.get(over, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
