// Content ciphers of CMS envelopes, by their identifiers.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { protocolError } from '../errors.js';

/** Ciphers that envelopes are made with. */
export const envelopeCiphers = ['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc', 'des-cbc'] as const;
export type EnvelopeCipher = (typeof envelopeCiphers)[number];

export interface ContentCipher {
  readonly name: string;
  readonly id: string;
  readonly keyLength: number;
  readonly ivLength: number;
  readonly mode: 'cbc' | 'gcm';
}

const rows = [
  ['des-cbc', '1.3.14.3.2.7', 8, 8, 'cbc'],
  ['des-ede3-cbc', '1.2.840.113549.3.7', 24, 8, 'cbc'],
  ['aes-128-cbc', '2.16.840.1.101.3.4.1.2', 16, 16, 'cbc'],
  ['aes-192-cbc', '2.16.840.1.101.3.4.1.22', 24, 16, 'cbc'],
  ['aes-256-cbc', '2.16.840.1.101.3.4.1.42', 32, 16, 'cbc'],
  ['aes-128-gcm', '2.16.840.1.101.3.4.1.6', 16, 12, 'gcm'],
  ['aes-192-gcm', '2.16.840.1.101.3.4.1.26', 24, 12, 'gcm'],
  ['aes-256-gcm', '2.16.840.1.101.3.4.1.46', 32, 12, 'gcm'],
] as const;

const ciphers: readonly ContentCipher[] = rows.map(([name, id, keyLength, ivLength, mode]) => ({
  name,
  id,
  keyLength,
  ivLength,
  mode,
}));

export const cipherById = (id: string): ContentCipher | undefined => ciphers.find((cipher) => cipher.id === id);

export function cipherByName(name: EnvelopeCipher): ContentCipher {
  const found = ciphers.find((cipher) => cipher.name === name);
  if (found === undefined) throw protocolError('CMS_MALFORMED', `there is no cipher "${name}"`);
  return found;
}

/** OpenSSL 3 has no single DES, but triple DES with one key three times is the same function. */
const algorithm = ({ name }: ContentCipher): string => (name === 'des-cbc' ? 'des-ede3-cbc' : name);
const fullKey = ({ name }: ContentCipher, key: Buffer): Buffer =>
  name === 'des-cbc' ? Buffer.concat([key, key, key]) : key;

export function encryptCbc(cipher: ContentCipher, key: Buffer, iv: Buffer, content: Uint8Array): Buffer {
  const encrypt = createCipheriv(algorithm(cipher), fullKey(cipher, key), iv);
  return Buffer.concat([encrypt.update(content), encrypt.final()]);
}

export interface Sealed {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  /** The authentication tag and what it covers besides, for GCM. */
  readonly tag?: Buffer;
  readonly covered?: Buffer;
}

/** Throws CMS_DECRYPT, whatever the reason. */
export function decrypt(cipher: ContentCipher, key: Buffer, { iv, ciphertext, tag, covered }: Sealed): Buffer {
  try {
    if (cipher.mode === 'gcm') {
      const name = `aes-${cipher.keyLength * 8}-gcm` as 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';
      if (tag === undefined) throw new RangeError('no tag');
      const open = createDecipheriv(name, key, iv, { authTagLength: tag.length });
      open.setAuthTag(tag);
      if (covered !== undefined) open.setAAD(covered);
      return Buffer.concat([open.update(ciphertext), open.final()]);
    }
    const open = createDecipheriv(algorithm(cipher), fullKey(cipher, key), iv);
    return Buffer.concat([open.update(ciphertext), open.final()]);
  } catch {
    // Not even the cause is kept: what failed inside must not be told apart.
    throw protocolError('CMS_DECRYPT', 'the envelope does not open with this key');
  }
}
