// How a name is shown in a message: quoted, on one line, and never so long that the reason behind it is lost.

/** Longest part of a name that is shown, in characters. PostgreSQL itself keeps 63 bytes. */
const lengthMax = 63;

export function shown(name: string): string {
  const cut = name.length > lengthMax ? `${name.slice(0, lengthMax)}...` : name;
  return JSON.stringify(cut.toWellFormed()).replaceAll('\u007f', '\\u007f');
}
