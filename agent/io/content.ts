// Compressed answers, as iOS's URL loading takes them, bounded in what they grow to.
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** What a device says it takes (RFC 9110 §12.5.3); as seen, Brotli over TLS alone. */
export const acceptedEncodings = { secure: 'gzip, deflate, br', plain: 'gzip, deflate' } as const;

/** A content coding that is undone here. */
export type Coding = 'gzip' | 'deflate' | 'br';
const codings: readonly string[] = ['gzip', 'deflate', 'br'] satisfies readonly Coding[];
const isCoding = (name: string): name is Coding => codings.includes(name);

/** Codings one upon the other: more than any server has use for. */
const mostCodings = 3;

/**
 * The codings of a Content-Encoding header in the order in which they are to be undone, the last applied first; undefined where
 * one of them is unknown. `identity` and an empty header are none.
 */
export function codingsOf(header: string | undefined): readonly Coding[] | undefined {
  const names = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
    .map((name) => (name === 'x-gzip' ? 'gzip' : name));
  const known = names.filter(isCoding);
  return known.length === names.length && known.length <= mostCodings ? known.reverse() : undefined;
}

/** Why a body could not be decoded. */
export class ContentError extends Error {}

/**
 * Undoes one coding. Rejects with `tooLarge` when more than `maxBytes` come out, before they are kept; with ContentError for
 * what is damaged or cut off, and for gzip that is followed by something else. `deflate` is zlib's form (RFC 9110 §8.4.1.2) or, as many servers send
 * it, the bare one.
 */
export function decode(coding: Coding, body: Buffer, maxBytes: number, tooLarge: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (body.length === 0) {
      resolve(body);
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const decoder = decoderOf(coding, body);
    decoder.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      decoder.destroy();
      reject(tooLarge());
    });
    decoder.once('end', () => resolve(Buffer.concat(chunks)));
    decoder.once('error', (cause) => reject(new ContentError(cause.message, { cause })));
    decoder.end(body);
  });
}

function decoderOf(coding: Coding, body: Buffer) {
  if (coding === 'gzip') return createGunzip();
  if (coding === 'br') return createBrotliDecompress();
  return isZlib(body) ? createInflate() : createInflateRaw();
}

/** RFC 1950 §2.2: method 8, and the first two octets a multiple of 31. */
const isZlib = (body: Buffer): boolean =>
  body.length >= 2 && ((body[0] ?? 0) & 15) === 8 && body.readUInt16BE(0) % 31 === 0;
