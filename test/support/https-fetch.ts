// fetch for an https address whose CA is not the world's: streams, unlike the devices' own HTTP port.
import { request } from 'node:https';
import { Readable } from 'node:stream';

/** A `fetch` that trusts this CA (PEM) alone; only for GET with headers. */
export const httpsFetch =
  (ca: string): typeof fetch =>
  (input, { headers, signal } = {}) =>
    new Promise((resolve, reject) => {
      const options = { ca, headers: Object.fromEntries(new Headers(headers)), ...(signal && { signal }) };
      request(String(input), options, (answer) => {
        answer.on('error', () => {}); // the reader is told
        const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
        resolve(new Response(body, { status: answer.statusCode ?? 500 }));
      })
        .on('error', reject)
        .end();
    });
