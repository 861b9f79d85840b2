// Makes and checks what PostgreSQL stores instead of a password (RFC 5802, RFC 7677). Made here, the password
// itself never travels to the server, where a log or an activity view could keep it.

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { saslprep } from '#core/access/saslprep.ts';

/** What PostgreSQL itself uses, up to and including version 18. */
const iterations = 4096;
const saltBytes = 16;

function keys(password: string, salt: Buffer, rounds: number): { stored: Buffer; server: Buffer } {
  const salted = pbkdf2Sync(saslprep(password), salt, rounds, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    stored: createHash('sha256').update(clientKey).digest(),
    server: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

/** A new verifier for the password, with a salt of its own. */
export function makeVerifier(password: string, salt: Buffer = randomBytes(saltBytes)): string {
  const { stored, server } = keys(password, salt, iterations);
  const [saltText, storedText, serverText] = [salt, stored, server].map((part) =>
    part.toString('base64'),
  );
  return `SCRAM-SHA-256$${iterations}:${saltText}$${storedText}:${serverText}`;
}

const form =
  /^SCRAM-SHA-256\$(?<rounds>\d{1,9}):(?<salt>[^$:]+)\$(?<stored>[^$:]+):(?<server>[^$:]+)$/u;

/** Whether the stored verifier is one of this password; an MD5 hash or none at all never is (T27). */
export function verifierMatches(verifier: string | null, password: string): boolean {
  const { rounds, salt, stored, server } = form.exec(verifier ?? '')?.groups ?? {};
  if (rounds === undefined || salt === undefined || Number(rounds) < 1) return false;
  const made = keys(password, Buffer.from(salt, 'base64'), Number(rounds));
  const found = [stored, server].map((part) => Buffer.from(part ?? '', 'base64'));
  return [made.stored, made.server].every((key, index) => {
    const other = found[index];
    return other?.length === key.length && timingSafeEqual(other, key);
  });
}
