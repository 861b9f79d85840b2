// Reads pg_hba.conf back, by the rules PostgreSQL's documentation gives: fields between blanks, quotes that
// keep blanks and commas, a doubled quote for one, a comment up to the end of its line.

export interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

function readField(line: string, start: number): { readonly field: Field; readonly end: number } {
  let text = '';
  let isInside = false;
  let position = start;
  for (; position < line.length; position += 1) {
    const character = line.charAt(position);
    if (character === '"') {
      // The second of two quotes inside stands for a quote.
      if (isInside && line.charAt(position + 1) === '"') {
        text += '"';
        position += 1;
      } else isInside = !isInside;
    } else if (!isInside && /[ \t,#]/u.test(character)) break;
    else text += character;
  }
  return { field: { text, isQuoted: line.charAt(start) === '"' }, end: position };
}

/** The lines that are rules, each as its fields. */
export function parseHba(text: string): readonly (readonly Field[])[] {
  const rules: Field[][] = [];
  for (const line of text.split('\n')) {
    const fields: Field[] = [];
    let position = 0;
    while (position < line.length && line.charAt(position) !== '#') {
      if (/[ \t]/u.test(line.charAt(position))) position += 1;
      else {
        const { field, end } = readField(line, position);
        fields.push(field);
        position = Math.max(end, position + 1);
      }
    }
    if (fields.length > 0) rules.push(fields);
  }
  return rules;
}
