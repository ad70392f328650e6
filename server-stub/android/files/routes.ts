// GET .../files/{path} as the server answers it (specs/android.md §1.2, 0a.23).

import type { Log } from '../../../base/log.js';
import { requestSignature } from '../../../protocol/headwind/signature.js';
import type { StubAnswer, StubRequest } from '../../http-types.js';
import { page } from '../answers.js';
import type { Shelf } from './shelf.js';

interface FileServerContext {
  readonly shelf: Pick<Shelf, 'find'>;
  /** As they are now. */
  readonly settings: { readonly secureEnrollment: boolean; readonly sharedSecret: string };
  readonly log: Pick<Log, 'warn'>;
}

/**
 * One file. Signed is the decoded path below the first `/files/`; who signs the encoded one is refused. An end of a range is
 * exclusive, so that `bytes=0-99` brings 99 bytes. `If-Modified-Since` later than the file: 304.
 */
export function serveFile(request: StubRequest, { shelf, settings, log }: FileServerContext): StubAnswer {
  const path = pathOf(request.path);
  const refuse = (status: number, reason: string): StubAnswer => {
    log.warn('MESSAGE_REFUSED', { path: request.path.slice(0, 200), reason, remote: request.remote });
    return page(status, { open: false });
  };
  if (path === undefined) return refuse(400, 'the path cannot be decoded');
  if (settings.secureEnrollment) {
    const signature = request.headers['x-request-signature'];
    const good = requestSignature(settings.sharedSecret, path);
    if (signature?.toUpperCase() !== good) {
      return refuse(403, signature === undefined ? 'no signature' : 'the signature is wrong');
    }
  }
  const found = shelf.find(path);
  if (found === undefined) return refuse(404, 'there is no such file');
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (since > found.modifiedAt) return { status: 304 };
  const type = path.endsWith('.apk') ? { 'content-type': apk } : {};
  const range = request.headers['range'];
  if (range?.startsWith('bytes=')) return part(range.slice(6), found.bytes, type) ?? refuse(416, 'no such range');
  const name = path.split('/').at(-1) ?? '';
  return {
    status: 200,
    headers: { ...type, 'content-disposition': `attachment; filename="${name.replaceAll('"', '')}"` },
    body: found.bytes,
  };
}

const apk = 'application/vnd.android.package-archive';

/** The server's way: a start, and an end that is the first byte left out. */
function part(range: string, bytes: Uint8Array, type: Readonly<Record<string, string>>): StubAnswer | undefined {
  const [, first = '', last = ''] = /^(\d{1,15})-(\d{0,15})$/.exec(range) ?? [];
  if (first === '') return undefined;
  const start = Number(first);
  const end = Math.min(last === '' ? bytes.length : Number(last), bytes.length);
  if (start > end) return undefined;
  return {
    status: 206,
    headers: { ...type, 'content-range': `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end),
  };
}

/** What is below the first `/files/`, decoded once more or less as the server does: a plus sign is a space there. */
function pathOf(raw: string): string | undefined {
  try {
    const decoded = decodeURIComponent(raw.replaceAll('+', ' '));
    const at = decoded.indexOf('/files/');
    return at < 0 ? undefined : decoded.slice(at + '/files/'.length);
  } catch {
    return undefined;
  }
}
