// The real server's bytes: requests and replies as files, with the framing of HTTP around them.
import { fixture, hasFixtures } from '../../support/shared.js';

/** A message of HTTP. */
export interface Recorded {
  readonly start: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** One entry of the index. */
export interface Recording {
  readonly name: string;
  readonly dir: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly note?: string;
  readonly responseSignature?: { readonly header: string; readonly verifies: boolean };
}

/** Every recording; none where the folder is absent. */
export const recordings = (): readonly Recording[] =>
  hasFixtures() ? JSON.parse(fixture('android/index.json').toString('utf8')) : [];

export const requestOf = ({ dir, name }: Pick<Recording, 'dir' | 'name'>): Recorded =>
  messageOf(fixture(`android/${dir}/${name}.req.http`));
export const replyOf = ({ dir, name }: Pick<Recording, 'dir' | 'name'>): Recorded =>
  messageOf(fixture(`android/${dir}/${name}.res.http`));

function messageOf(bytes: Buffer): Recorded {
  const end = bytes.indexOf('\r\n\r\n');
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(lines.map((line) => splitHeader(line)));
  const rest = bytes.subarray(end + 4);
  return { start, headers, body: headers.get('transfer-encoding') === 'chunked' ? withoutChunks(rest) : rest };
}

function splitHeader(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
}

function withoutChunks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
