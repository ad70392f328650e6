// RC2 (RFC 2268), decryption only: old PKCS#12 files hide their certificates in RC2-40, which OpenSSL 3 has none of by
// default. The cipher is node-forge's.
import forge from 'node-forge';
import { protocolError } from '../errors.js';

const maxOctets = 64 * 1024; // forge's time grows with the square of it; a chain of certificates is a tenth

/**
 * CBC with PKCS#7 padding; `bits` of the key count. Throws PKCS12_MALFORMED when the padding is wrong, and above
 * 64 KiB.
 */
export function decryptRc2(key: Buffer, bits: number, iv: Buffer, ciphertext: Buffer): Buffer {
  if (ciphertext.length > maxOctets)
    throw protocolError('PKCS12_MALFORMED', `${ciphertext.length} octets in RC2, at most ${maxOctets} are read`);
  const cipher = forge.rc2.createDecryptionCipher(key.toString('binary'), bits);
  cipher.start(iv.toString('binary'));
  cipher.update(forge.util.createBuffer(ciphertext.toString('binary')));
  const isRight = ciphertext.length > 0 && ciphertext.length % 8 === 0 && cipher.finish();
  const plain = isRight ? Buffer.from(cipher.output.getBytes(), 'binary') : undefined;
  const padding = plain === undefined ? 0 : ciphertext.length - plain.length;
  if (plain === undefined || padding < 1 || padding > 8) {
    throw protocolError('PKCS12_MALFORMED', 'what is encrypted does not open, though the password is right');
  }
  return plain;
}
