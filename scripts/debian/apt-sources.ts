// Where this machine gets Debian from, read from what apt is told: a mirror near it has later releases too.

export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** File of the keys that may sign it; null where apt's own are meant. */
  readonly signedBy: string | null;
}

export interface Mirror {
  readonly uri: string;
  readonly signedBy: string | null;
}

const words = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/\s+/u).filter((word) => word !== '');

/** Keys can be written into the source itself; only a file is of use here. */
const keyFile = (text: string | undefined): string | null =>
  text !== undefined && /^\/\S+$/u.test(text) ? text : null;

/** A file in the style of sources.list: `deb [signed-by=...] URI suite component...`, a source a line. */
export function readListFile(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match =
      /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<rest>[^#]*)/u.exec(
        line,
      );
    if (match === null) return [];
    const { options = '', uri = '', suite = '', rest = '' } = match.groups ?? {};
    const signedBy = /(?:^|\s)signed-by=(?<file>\S+)/iu.exec(options)?.groups?.['file'];
    return [{ uris: [uri], suites: [suite], components: words(rest), signedBy: keyFile(signedBy) }];
  });
}

/** A file in the style of *.sources: paragraphs of `Field: value`, whose lines may go on on the next. */
export function readSourcesFile(text: string): readonly AptSource[] {
  const paragraphs = text.replaceAll(/^#.*\n?/gmu, '').split(/\n\s*\n/u);
  return paragraphs.flatMap((paragraph) => {
    const fields = new Map<string, string>();
    for (const field of paragraph.split(/\n(?!\s)/u)) {
      const colon = field.indexOf(':');
      if (colon > 0) fields.set(field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1));
    }
    const isOff = /^\s*(?:no|false|off|0)\s*$/iu.test(fields.get('enabled') ?? '');
    if (isOff || !words(fields.get('types')).includes('deb')) return [];
    return [
      {
        uris: words(fields.get('uris')),
        suites: words(fields.get('suites')),
        components: words(fields.get('components')),
        signedBy: keyFile(fields.get('signed-by')?.trim()),
      },
    ];
  });
}

/**
 * The mirror this machine's own release (`codename`, as bookworm) comes from; null where none is told. Others offer
 * packages for the release under its name too: what says debian in its address and has the component main is it.
 */
export function debianMirror(sources: readonly AptSource[], codename: string): Mirror | null {
  for (const { uris, suites, components, signedBy } of sources) {
    const uri = uris.find((one) => /debian/u.test(one) && !one.startsWith('cdrom:'));
    if (uri !== undefined && suites.includes(codename) && components.includes('main')) {
      return { uri, signedBy };
    }
  }
  return null;
}
