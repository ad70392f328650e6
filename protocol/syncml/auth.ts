// OMA-DM authentication (specs/windows.md §1.10): Basic and MD5, the nonce, and what challenges.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Cred, Meta } from './message.js';

/** Of Meta's Type in Cred and Chal. HMAC (`syncml:auth-MAC`) is unknown to Windows. */
export const basicType = 'syncml:auth-basic';
export const md5Type = 'syncml:auth-md5';
type AuthType = typeof basicType | typeof md5Type;

/** Who speaks: AAUTHNAME and AAUTHSECRET. */
export interface Account {
  readonly name: string;
  readonly secret: string;
}

/** Base64 of `user:secret`. */
export const basicCredential = (user: string, secret: string): string =>
  Buffer.from(`${user}:${secret}`, 'utf8').toString('base64');

/** B64(MD5(user ":" secret)): what a server may keep in the place of the secret. */
export const md5Hash = (user: string, secret: string): string => md5(`${user}:${secret}`).toString('base64');

/**
 * B64(MD5(B64(MD5(user ":" secret)) ":" nonce)), the nonce being bytes (OMA-TS-DM_Security §5.3).
 *
 * @example
 * md5Credential('Bruce2', 'OhBehave', Buffer.from('Nonce')); // 'Zz6EivR3yeaaENcRN6lpAQ=='
 */
export const md5Credential = (user: string, secret: string, nonce: Uint8Array): string =>
  md5CredentialOfHash(md5Hash(user, secret), nonce);

/** The same of what `md5Hash` gave. */
export const md5CredentialOfHash = (hash: string, nonce: Uint8Array): string =>
  md5(`${hash}:`, nonce).toString('base64');

/**
 * The bytes of a nonce as NextNonce and AAUTHDATA have it: of base64 what it stands for, of anything else the text itself.
 * All open servers send the literal `nonce` as AAUTHDATA, which is no base64, and Windows takes it (specs/windows.md §0.5).
 */
export function readNonce(text: string): Buffer {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, 'base64');
  return bytes.toString('base64') === trimmed ? bytes : Buffer.from(text, 'utf8');
}

/** `Cred` of an account; the nonce is of MD5 alone. */
export const credOf = (type: AuthType, { name, secret }: Account, nonce: Uint8Array): Cred => ({
  meta: { format: 'b64', type },
  data: type === md5Type ? md5Credential(name, secret, nonce) : basicCredential(name, secret),
});

/** Meta of a `Chal`: which credential is asked for; of MD5 with the nonce that the next one is made with. */
export const challengeOf = (type: AuthType, nonce: Uint8Array): Meta => ({
  format: 'b64',
  type,
  ...(type === md5Type && { nextNonce: Buffer.from(nonce).toString('base64') }),
});

/**
 * Whether the Cred is the account's, in constant time. A Cred of another type, or without one, is not: it is challenged (407, 401).
 * A Meta without Type is not guessed at.
 */
export function isCredentialOf(cred: Cred, { name, secret }: Account, type: AuthType, nonce: Uint8Array): boolean {
  return cred.meta?.type === type && isSame(cred.data, credOf(type, { name, secret }, nonce).data);
}

/** Two texts, compared in a time that says nothing of where they differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given.trim()), digest(expected));
}

function md5(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
