// The order in which relations are listed: by number, so that db:9 comes before db:10 and a file that is
// written from an unchanged model never changes (T51).

interface RelationKey {
  readonly endpoint: string;
  readonly id: number;
}

/** Splits `endpoint:number`; null where the text is no name of a relation. */
export function readRelation(relation: string): RelationKey | null {
  const match = /^(?<endpoint>[a-z][a-z0-9_-]*):(?<id>\d{1,15})$/iu.exec(relation);
  if (match === null) return null;
  return { endpoint: match.groups?.['endpoint'] ?? '', id: Number(match.groups?.['id']) };
}

/** Compares code unit by code unit: never by the locale of the machine. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Compares two names of relations. Names that are none come first, in the order of their text. */
export function compareRelations(left: string, right: string): number {
  const leftKey = readRelation(left);
  const rightKey = readRelation(right);
  if (leftKey === null || rightKey === null) {
    return Number(leftKey !== null) - Number(rightKey !== null) || compareText(left, right);
  }
  return leftKey.id - rightKey.id || compareText(leftKey.endpoint, rightKey.endpoint);
}
