// The text of pg_ident.conf.

const header = '# Written by pg-agent from its configuration. Changes made here are lost.';

/** The whole file. */
export function identText(lines: readonly string[]): string {
  return [header, ...lines, ''].join('\n');
}
