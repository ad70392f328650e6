// A real Headwind server's replies, played back byte for byte (../shared/fixtures/android).
import type { ScriptedAnswer, SeenRequest } from '../../../support/scripted-http.js';
import { fixture } from '../../../support/shared.js';

interface Recording {
  readonly name: string;
  /** `GET 127.0.0.1:17080/rest/...`. */
  readonly key: string;
  readonly signature: string | undefined;
  readonly answer: ScriptedAnswer;
}

function headAndBody(bytes: Buffer): {
  readonly start: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
} {
  const end = bytes.indexOf('\r\n\r\n');
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]),
  );
  const body = bytes.subarray(end + 4);
  return { start, headers, body: headers['transfer-encoding'] === 'chunked' ? unchunked(body) : body };
}

function unchunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.subarray(at, end).toString('latin1'), 16);
    if (!(length > 0)) return Buffer.concat(pieces);
    pieces.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

function recording(name: string): Recording {
  const request = headAndBody(fixture(`android/${name}.req.http`));
  const response = headAndBody(fixture(`android/${name}.res.http`));
  const [method, path] = request.start.split(' ');
  return {
    name,
    key: `${method} ${request.headers['host']}${path}`,
    signature: request.headers['x-request-signature'],
    answer: { status: Number(response.start.split(' ')[1]), headers: response.headers, body: response.body },
  };
}

/** Server of these recordings; of several with one address the first comes first, and the last stays. */
export function recordedServer(...names: readonly string[]) {
  const recordings = names.map(recording);
  /** Recordings that were asked for, in order, and what nobody recorded. */
  const played: string[] = [];
  const unknown: string[] = [];
  const unsigned: string[] = [];
  return {
    played,
    unknown,
    /** Recordings whose request was signed otherwise than ours. */
    unsigned,
    answer: ({ method, url, headers = {} }: SeenRequest): ScriptedAnswer => {
      const { host, pathname, search } = new URL(url);
      const key = `${method} ${host}${pathname}${search}`;
      const fitting = recordings.filter((each) => each.key === key);
      const [first] = fitting;
      if (first === undefined) {
        unknown.push(`${method} ${pathname}`);
        return { status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html></html>') };
      }
      if (fitting.length > 1) recordings.splice(recordings.indexOf(first), 1);
      played.push(first.name);
      if (first.signature !== headers['X-Request-Signature']) unsigned.push(first.name);
      return first.answer;
    },
  };
}
