// One extension of a request, in any of the forms clients write: `citext`, `citext(schema)` and
// `citext:schema` (T7). Both sides read all of them; what is echoed is the text as it came.

export interface ExtensionItem {
  readonly name: string;
  /** Schema to install into; `public` where the request names none. */
  readonly schema: string;
}

// A name may hold hyphens (uuid-ossp). A schema is what upstream's readers accept: word characters.
const ITEM = /^([^\s(),:'"\\]+)(?:\((\w+)\)|:(\w+))?$/;

/** Reads one item, blanks around it aside; null where it has none of the three forms. */
export function parseExtensionItem(text: string): ExtensionItem | null {
  const match = ITEM.exec(text.trim());
  const name = match?.[1];
  if (match === null || name === undefined) return null;
  return { name, schema: match[2] ?? match[3] ?? 'public' };
}

/** One text per meaning, so that items written in different forms compare equal. */
export function canonicalExtension(text: string): string {
  const item = parseExtensionItem(text);
  return item === null ? text.trim() : `${item.name}(${item.schema})`;
}
