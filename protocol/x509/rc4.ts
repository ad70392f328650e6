/** RC4, which OpenSSL 3 has none of by default: PKCS#12 files of the nineties are encrypted so. The key has 1 to 256 octets. */
export function decryptRc4(key: Uint8Array, ciphertext: Uint8Array): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => state[index & 0xff] ?? 0;
  const swap = (one: number, other: number): void => {
    [state[one & 0xff], state[other & 0xff]] = [at(other), at(one)];
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j += at(i) + (key[i % key.length] ?? 0);
    swap(i, j);
  }
  let j = 0;
  return Buffer.from(ciphertext).map((octet, index) => {
    j += at(index + 1);
    swap(index + 1, j);
    return octet ^ at(at(index + 1) + at(j));
  }) as Buffer;
}
