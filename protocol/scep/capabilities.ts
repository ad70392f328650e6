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

/** The digests that a server can name. */
export type ScepDigest = Extract<Digest, 'sha1' | 'sha256' | 'sha512'>;

const names = Object.keys(words) as (keyof typeof words)[];
const maxLines = 256;

interface ReadCapabilitiesOptions {
  /** Words count only as they are written above, and SCEPStandard stands for nothing else: as Apple's client reads. */
  readonly exact?: boolean;
}

/** Unknown words are passed over, case does not matter, and SCEPStandard stands for AES, POST and SHA-256. */
export function readCapabilities(text: string, { exact = false }: ReadCapabilitiesOptions = {}): ScepCapabilities {
  const plain = (line: string): string => (exact ? line : line.trim().toLowerCase());
  const lines = text.slice(0, 8192).split(/\r\n|\n|\r/, maxLines);
  const said = new Set(lines.map(plain));
  const has = (name: keyof typeof words): boolean => said.has(plain(words[name]));
  const standard = has('scepStandard');
  const implied = standard && !exact;
  return {
    aes: implied || has('aes'),
    des3: has('des3'),
    getNextCaCert: has('getNextCaCert'),
    post: implied || has('post'),
    renewal: has('renewal'),
    sha1: has('sha1'),
    sha256: implied || has('sha256'),
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

/** What a client without a rule of its own prefers. */
const usualOrder: readonly ScepDigest[] = ['sha256', 'sha512', 'sha1'];

/** AES where the server names it, else triple DES, named or not: nobody writes single DES any more. SHA-1 where it names no digest. */
export function chooseAlgorithms(
  capabilities: ScepCapabilities,
  order: readonly ScepDigest[] = usualOrder,
): { cipher: EnvelopeCipher; digest: ScepDigest } {
  return {
    cipher: capabilities.aes ? 'aes-128-cbc' : 'des-ede3-cbc',
    digest: order.find((digest) => capabilities[digest]) ?? 'sha1',
  };
}

/** True when the server names a digest at all. */
export const namesDigest = ({ sha1, sha256, sha512 }: ScepCapabilities): boolean => sha1 || sha256 || sha512;
