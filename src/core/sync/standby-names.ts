// Reads and writes PostgreSQL's synchronous_standby_names. It never decides what is in there.

/** Stands in for a standby where commits must wait and nobody is there to acknowledge them. */
export const strictPlaceholder = '__patroni_strict_sync_replica_placeholder__';

/** Who acknowledges a commit before the client hears of it. */
export type StandbyNames =
  | { readonly kind: 'off' }
  | {
      /** `priority`: the first `num` of those connected, in order; `quorum`: any `num`. */
      readonly kind: 'priority' | 'quorum';
      readonly num: number;
      /** In order, as written; `*` is not among them. */
      readonly names: readonly string[];
      /** `*`: every standby counts, whatever its name. */
      readonly hasStar: boolean;
    };

type Token =
  | { readonly kind: 'word' | 'quoted' | 'number'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string };

const pattern =
  /\s+|(?<word>[A-Za-z_\u0080-\u{10ffff}][A-Za-z_0-9$\u0080-\u{10ffff}]*)|"(?<quoted>(?:[^"]|"")+)"|(?<number>\d+)|(?<symbol>[*,()])/uy;
const plainName = /^[A-Za-z_][A-Za-z_0-9$]*$/u;

/** Null for a text PostgreSQL would refuse. */
export function parseStandbyNames(text: string): StandbyNames | null {
  const tokens = tokenise(text);
  if (tokens === null) return null;
  if (tokens.length === 0) return { kind: 'off' };
  const [head, ...rest] = tokens;
  const keyword = head?.kind === 'word' ? head.text.toLowerCase() : '';
  if (keyword === 'any') return parseCounted('quorum', rest);
  if (keyword === 'first') return parseCounted('priority', rest);
  if (head?.kind === 'number' && rest[0]?.text === '(') return parseCounted('priority', tokens);
  return parseList('priority', 1, tokens);
}

function parseCounted(kind: 'priority' | 'quorum', tokens: readonly Token[]): StandbyNames | null {
  const [count, open, ...rest] = tokens;
  const close = rest.pop();
  if (count?.kind !== 'number' || !isSymbol(open, '(') || !isSymbol(close, ')')) return null;
  const num = Number(count.text);
  return num < 1 ? null : parseList(kind, num, rest);
}

function parseList(
  kind: 'priority' | 'quorum',
  num: number,
  tokens: readonly Token[],
): StandbyNames | null {
  const names: string[] = [];
  let hasStar = false;
  if (tokens.length % 2 === 0) return null;
  for (const [index, token] of tokens.entries()) {
    if (index % 2 === 1) {
      if (!isSymbol(token, ',')) return null;
    } else if (isSymbol(token, '*')) {
      hasStar = true;
    } else if (token.kind === 'symbol' || isKeyword(token)) {
      return null;
    } else {
      names.push(token.text);
    }
  }
  return { kind, num, names, hasStar };
}

function tokenise(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) return null;
    const { word, quoted, number, symbol } = groups;
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"') });
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
  }
  return tokens;
}

function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}

function isKeyword(token: Token): boolean {
  return token.kind === 'word' && ['any', 'first'].includes(token.text.toLowerCase());
}

/** The setting as Patroni writes it: `"a-1"`, `2 (a,b)`, `ANY 1 (a,b)`. */
export function renderStandbyNames(value: StandbyNames): string {
  if (value.kind === 'off') return '';
  const names = [...value.names.map(quoteName), ...(value.hasStar ? ['*'] : [])];
  if (value.kind === 'quorum') return `ANY ${value.num} (${names.join(',')})`;
  return value.num === 1 && names.length === 1
    ? (names[0] ?? '')
    : `${value.num} (${names.join(',')})`;
}

function quoteName(name: string): string {
  const isPlain = plainName.test(name) && !['any', 'first'].includes(name.toLowerCase());
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}
