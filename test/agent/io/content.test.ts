import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../agent/io/http.js';
import { authority, serverCertificate, serving } from '../../support/server-certificates.js';

async function answering(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const http = createHttp({ allowHttp: true });
  const session = http.open();
  onTestFinished(() => session.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return (maxBytes?: number) =>
    session.request({ method: 'GET', url, ...(maxBytes === undefined ? {} : { maxBytes }) });
}

const encoded = (encoding: string, body: Buffer) =>
  answering((_, response) => response.setHeader('content-encoding', encoding).end(body));

const text = Buffer.from('<plist><dict/></plist>'.repeat(100));

/** Without zlib's header, and its first octet like one: a stored block whose padding is not zero. */
const storedBut8 = Buffer.concat([Buffer.of(0x08, ...lengthOf(text)), text, Buffer.of(0x01, 0, 0, 0xff, 0xff)]);

/** RFC 1951 §3.2.4. */
function lengthOf({ length }: Buffer): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt16LE(length, 0);
  octets.writeUInt16LE(length ^ 0xffff, 2);
  return octets;
}

describe('an encoded answer', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['deflate', storedBut8],
    ['br', brotliCompressSync(text)],
    ['identity', text],
    ['deflate, gzip', gzipSync(deflateSync(text))],
    ['gzip', Buffer.concat([gzipSync(text.subarray(0, 7)), gzipSync(text.subarray(7))])],
  ])('of %s is read', async (encoding, body) => {
    expect((await (await encoded(encoding, body))()).body).toEqual(text);
  });

  it('that is empty is empty', async () => {
    expect((await (await encoded('gzip', Buffer.alloc(0)))()).body).toHaveLength(0);
  });

  it('is bounded in what it grows to: a small one that would be a gigabyte is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(64 * 1024);
    for (const [encoding, body] of [
      ['gzip', bomb],
      ['gzip, gzip', gzipSync(bomb)],
    ] as const)
      await expect((await encoded(encoding, body))(64 * 1024)).rejects.toMatchObject({
        code: 'HTTP_TOO_LARGE',
        details: { maxBytes: 64 * 1024 },
      });
    const exact = await encoded('gzip', gzipSync(text));
    expect((await exact(text.length)).body).toEqual(text);
    await expect(exact(text.length - 1)).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
  });

  it.each([
    ['zstd', text],
    ['compress', text],
    ['gzip, zstd', gzipSync(text)],
    ['gzip, gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(gzipSync(text))))],
    ['gzip', text],
    ['gzip', gzipSync(text).subarray(0, 40)],
    ['deflate', deflateSync(text).subarray(0, 20)],
    ['br', brotliCompressSync(text).subarray(0, 10)],
  ])('of %s that was not asked for, or is damaged, is no answer', async (encoding, body) => {
    await expect((await encoded(encoding, body))()).rejects.toMatchObject({
      code: 'ANSWER_MALFORMED',
      message: expect.stringMatching(new RegExp(`Content-Encoding is “${encoding}”`)),
      hint: expect.stringMatching(/gzip or deflate/),
    });
  });
});

it('what a device takes is said in the request: Brotli over TLS alone', async () => {
  const plain = await answering(({ headers }, response) => response.end(headers['accept-encoding']));
  expect((await plain()).body.toString()).toBe('gzip, deflate');
  const root = authority();
  const secure = await serving(serverCertificate(root), [root], {
    listener: ({ headers }, response) => response.end(headers['accept-encoding']),
  });
  const session = createHttp({ ca: root.pem }).open();
  onTestFinished(() => session.close());
  expect((await session.request({ method: 'GET', url: secure.origin })).body.toString()).toBe('gzip, deflate, br');
});
