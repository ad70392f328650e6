// RC2 (RFC 2268), decryption only. OpenSSL 3 has none by default, and old PKCS#12 files hide their certificates in RC2-40.
import { protocolError } from '../errors.js';

/** A permutation of the octets, from the digits of pi (RFC 2268 §2). */
const pi = Buffer.from(
  [
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2',
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82',
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626',
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7',
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec',
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731',
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9',
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  ].join(''),
  'hex',
);

/** Expands a key to 64 words of 16 bits, of which `bits` bits count (RFC 2268 §2). */
function expand(key: Buffer, bits: number): Uint16Array {
  const octets = Buffer.alloc(128);
  key.copy(octets);
  const at = (index: number): number => octets[index] ?? 0;
  for (let i = key.length; i < 128; i++) octets[i] = pi[(at(i - 1) + at(i - key.length)) & 0xff] ?? 0;
  const effective = Math.ceil(bits / 8);
  const mask = 0xff >> (8 * effective - bits);
  octets[128 - effective] = pi[at(128 - effective) & mask] ?? 0;
  for (let i = 127 - effective; i >= 0; i--) octets[i] = pi[at(i + 1) ^ at(i + effective)] ?? 0;
  return Uint16Array.from({ length: 64 }, (_, i) => octets.readUInt16LE(2 * i));
}

const rotations = [1, 2, 3, 5];

/** One block of 8 octets, in place (RFC 2268 §4). */
function decryptBlock(words: Uint16Array, block: Buffer): void {
  const r = [0, 2, 4, 6].map((offset) => block.readUInt16LE(offset));
  const at = (index: number): number => r[index & 3] ?? 0;
  const word = (index: number): number => words[index] ?? 0;
  let j = 63;
  for (let round = 15; round >= 0; round--) {
    for (let i = 3; i >= 0; i--) {
      const turn = rotations[i] ?? 0;
      const turned = (at(i) >>> turn) | (at(i) << (16 - turn));
      r[i] = (turned - word(j--) - (at(i + 3) & at(i + 2)) - (~at(i + 3) & at(i + 1))) & 0xffff;
    }
    if (round === 11 || round === 5) for (let i = 3; i >= 0; i--) r[i] = (at(i) - word(at(i + 3) & 63)) & 0xffff;
  }
  r.forEach((value, index) => {
    block.writeUInt16LE(value, index * 2);
  });
}

/** CBC with PKCS#7 padding. Throws PKCS12_PASSWORD when the padding is wrong. */
export function decryptRc2(key: Buffer, bits: number, iv: Buffer, ciphertext: Buffer): Buffer {
  const words = expand(key, bits);
  const plain = Buffer.from(ciphertext);
  for (let offset = 0; offset + 8 <= plain.length; offset += 8) {
    const block = plain.subarray(offset, offset + 8);
    const before = offset === 0 ? iv : ciphertext.subarray(offset - 8, offset);
    decryptBlock(words, block);
    for (let i = 0; i < 8; i++) block[i] = (block[i] ?? 0) ^ (before[i] ?? 0);
  }
  const padding = plain.at(-1) ?? 0;
  const end = plain.length - padding;
  const isRight = plain.length % 8 === 0 && padding >= 1 && padding <= 8;
  if (!isRight || !plain.subarray(end).every((octet) => octet === padding)) {
    throw protocolError('PKCS12_PASSWORD', 'the file does not open with this password');
  }
  return plain.subarray(0, end);
}
