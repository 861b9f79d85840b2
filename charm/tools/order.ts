// Numerical order of names that end in a number. Juju sorts them as text, where `db:10` comes before
// `db:2` (H50); whoever takes "the first" or publishes a list needs them by number (T51).

/** The names sorted by what stands before `separator`, then by the number after it. */
export function sortNumbered(names: readonly string[], separator: '/' | ':'): readonly string[] {
  return [...names].sort((left, right) => compareNumbered(left, right, separator));
}

/** Order of two names like `app/2` and `app/10`. Names without a number sort as text. */
export function compareNumbered(left: string, right: string, separator: '/' | ':'): number {
  const [leftName, leftNumber] = split(left, separator);
  const [rightName, rightNumber] = split(right, separator);
  if (leftName !== rightName) return leftName < rightName ? -1 : 1;
  return leftNumber - rightNumber;
}

function split(name: string, separator: string): readonly [string, number] {
  const at = name.lastIndexOf(separator);
  const digits = name.slice(at + 1);
  return at > 0 && /^\d+$/.test(digits) ? [name.slice(0, at), Number(digits)] : [name, -1];
}
