// Seeded randomness. Whatever the suite leaves to chance is drawn from one of these, so that a run can be
// repeated from its seed; it is no source of secrets.

/** Picks one of several options that are all right. Throws when there is none to pick. */
export type Choose = <Option>(options: readonly Option[]) => Option;

/** A stream of draws. It is the one mutable thing of this floor: every draw moves it on. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  readonly next: () => number;
  readonly choose: Choose;
  /** A new array of the same elements in another order. */
  readonly shuffle: <Element>(elements: readonly Element[]) => readonly Element[];
  /** An integer from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  /** True with the given probability, from 0 to 1. */
  readonly chance: (probability: number) => boolean;
}

/** The same seed gives the same draws, on every machine: all arithmetic is on 32-bit integers. */
export function createRandom(seed: number): Random {
  const draw = xoshiro(seed);
  const next = (): number => draw() / 4_294_967_296;
  const between = (low: number, high: number): number => {
    if (!Number.isInteger(low) || !Number.isInteger(high) || low > high) {
      throw new Error(`Cannot draw between ${low} and ${high}: give two integers, the lower first`);
    }
    return low + Math.floor(next() * (high - low + 1));
  };
  const choose = <Option>(options: readonly Option[]): Option => {
    const [only] = options;
    // With nothing to decide no draw is spent: a run then differs from another by its real choices only.
    if (options.length === 1) return only as Option;
    if (options.length === 0) throw new Error('Cannot choose among no options');
    return options[between(0, options.length - 1)] as Option;
  };
  const shuffle = <Element>(elements: readonly Element[]): readonly Element[] => {
    const left = [...elements];
    const drawn: Element[] = [];
    while (left.length > 0) drawn.push(...left.splice(between(0, left.length - 1), 1));
    return drawn;
  };
  return { next, choose, shuffle, between, chance: (probability) => next() < probability };
}

/** xoshiro128**, a generator of good quality whose state is four 32-bit words. */
function xoshiro(seed: number): () => number {
  const fill = splitmix(seed);
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

/** Spreads a seed over the words of the state, so that seeds 1 and 2 have nothing in common. */
function splitmix(seed: number): () => number {
  let state = (seed ^ Math.floor(seed / 4_294_967_296)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    const first = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
    return (second ^ (second >>> 15)) >>> 0;
  };
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
