import type { Writable } from 'node:stream';

/** Octets that are handed over at once. */
const pieceBytes = 64 * 1024;

/** Writes it piece by piece, as the other side takes it: TLS would encrypt all of it at once, and keep that for who reads slowly. */
export function writeBody(to: Writable, body: Uint8Array | undefined): void {
  let at = 0;
  const writeOn = (): void => {
    while (body !== undefined && body.length - at > pieceBytes) {
      const piece = body.subarray(at, at + pieceBytes);
      at += pieceBytes;
      if (to.write(piece)) continue;
      to.once('drain', writeOn);
      return;
    }
    to.end(body?.subarray(at));
  };
  writeOn();
}
