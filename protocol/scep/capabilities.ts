// GetCACaps (RFC 8894 §3.5): one word a line, and what a client makes of it.
import type { Digest } from '../x509/algorithms.js';
import type { EnvelopeCipher } from '../x509/ciphers.js';

const words = {
  aes: 'AES',
  des3: 'DES3',
  getNextCaCert: 'GetNextCACert',
  post: 'POSTPKIOperation',
  renewal: 'Renewal',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
  scepStandard: 'SCEPStandard',
  update: 'Update',
} as const;

/** True for each thing the server says it can do. */
export type ScepCapabilities = { readonly [K in keyof typeof words]: boolean };

const names = Object.keys(words) as (keyof typeof words)[];
const maxLines = 256;

/** Unknown words are passed over, case does not matter, and SCEPStandard stands for AES, POST and SHA-256. */
export function readCapabilities(text: string): ScepCapabilities {
  const lines = text.slice(0, 8192).split(/\r\n|\n|\r/, maxLines);
  const said = new Set(lines.map((line) => line.trim().toLowerCase()));
  const has = (name: keyof typeof words): boolean => said.has(words[name].toLowerCase());
  const standard = has('scepStandard');
  return {
    aes: standard || has('aes'),
    des3: has('des3'),
    getNextCaCert: has('getNextCaCert'),
    post: standard || has('post'),
    renewal: has('renewal'),
    sha1: has('sha1'),
    sha256: standard || has('sha256'),
    sha512: has('sha512'),
    scepStandard: standard,
    update: has('update'),
  };
}

/** The answer's text, of the capabilities that are true. */
export const writeCapabilities = (capabilities: Partial<ScepCapabilities>): string =>
  names
    .filter((name) => capabilities[name])
    .map((name) => `${words[name]}\n`)
    .join('');

/** The best that the server says it can, and what all can where it says nothing (RFC 8894 §3.5.2). */
export function chooseAlgorithms({ aes, des3, sha256, sha512 }: ScepCapabilities): {
  cipher: EnvelopeCipher;
  digest: Digest;
} {
  return {
    cipher: aes ? 'aes-128-cbc' : des3 ? 'des-ede3-cbc' : 'des-cbc',
    digest: sha256 ? 'sha256' : sha512 ? 'sha512' : 'sha1',
  };
}
