// Keeps secrets out of everything a charm says: logs, statuses, error messages.

export interface Redactor {
  /** Registers a value that must never be shown. Values under four characters are not secrets. */
  add(secret: string): void;
  /** The text with every registered value replaced. */
  clean(text: string): string;
}

const shortest = 4;
const replacement = '[redacted]';

/** Makes an empty redactor; one serves a whole hook. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  let ordered: readonly string[] | null = null;
  return {
    add(secret) {
      if (secret.length < shortest) return;
      // A secret also shows up as part of a URI or of JSON, spelt differently.
      secrets.add(secret);
      secrets.add(encodeURIComponent(secret.toWellFormed()));
      secrets.add(JSON.stringify(secret).slice(1, -1));
      ordered = null;
    },
    clean(text) {
      // Longest first: a secret that is part of another must not leave the other's rest behind.
      ordered ??= [...secrets].sort((left, right) => right.length - left.length);
      let cleaned = text;
      for (const secret of ordered) cleaned = cleaned.replaceAll(secret, replacement);
      return cleaned;
    },
  };
}
