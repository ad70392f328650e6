import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { requestSignature } from '../../../protocol/headwind/signature.js';
import { serveFile } from '../../../server-stub/android/files/routes.js';
import { Shelf } from '../../../server-stub/android/files/shelf.js';
import type { StubRequest } from '../../../server-stub/http-types.js';
import type { Keep } from '../../../server-stub/keep.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';

const secret = 'changeme-C3z9vi54';
const at = Date.UTC(2026, 10, 26, 5, 15);

function open({ secureEnrollment = true, keep }: { secureEnrollment?: boolean; keep?: Keep } = {}) {
  const clock = manualClock(at);
  const shelf = new Shelf({ clock, keep });
  const lines: unknown[] = [];
  const log = { warn: (code: string, about?: object) => void lines.push({ code, ...about }) };
  const get = (path: string, headers: Record<string, string> = {}) => {
    const request: StubRequest = {
      method: 'GET',
      path,
      query: new URLSearchParams(),
      headers,
      body: Buffer.alloc(0),
      params: {},
      remote: '127.0.0.1',
    };
    const settings = { secureEnrollment, sharedSecret: secret };
    const { status, headers: sent = {}, body = '' } = serveFile(request, { shelf, settings, log });
    return { status, headers: sent, body: Buffer.from(body as Uint8Array) };
  };
  const signed = (path: string, more: Record<string, string> = {}) => {
    const decoded = decodeURIComponent(path).split('/files/').slice(1).join('/files/');
    return get(path, { 'x-request-signature': requestSignature(secret, decoded), ...more });
  };
  return { clock, shelf, lines, get, signed };
}

const digits = Buffer.from('0123456789');

describe('a file', () => {
  it('is given to who signs its decoded path, in letters of either case', () => {
    const { shelf, get, signed, lines } = open();
    const { key } = shelf.addFile({ path: '/config/my notes.txt', bytes: digits });
    expect(key).toMatch(/^added\/[0-9a-f]{32}\/my notes\.txt$/);
    const path = `/files/${key.replace(' ', '%20')}`;
    expect(signed(path)).toEqual({
      status: 200,
      headers: { 'content-disposition': 'attachment; filename="my notes.txt"' },
      body: digits,
    });
    const lower = { 'x-request-signature': requestSignature(secret, key).toLowerCase() };
    expect(get(path, lower).status).toBe(200);
    expect(get(`/hmdm/files/${key.replace(' ', '+')}`, lower).status).toBe(200);
    expect(lines).toEqual([]);
    const encoded = { 'x-request-signature': requestSignature(secret, key.replace(' ', '%20')) };
    expect(get(path, encoded).status).toBe(403);
    expect(get(path).status).toBe(403);
    expect(lines).toMatchObject([
      { code: 'MESSAGE_REFUSED', reason: 'the signature is wrong' },
      { code: 'MESSAGE_REFUSED', reason: 'no signature' },
    ]);
  });

  it('needs no signature where enrollment is not secure', () => {
    const { shelf, get } = open({ secureEnrollment: false });
    expect(get(`/files/${shelf.offer('a.pem', digits)}`).status).toBe(200);
  });

  it('that is not there, or whose path is none, is answered with a page', () => {
    const { signed, get, lines } = open();
    expect(signed('/files/certs/none.pem')).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/html;charset=utf-8' },
    });
    expect(get('/files/%zz').status).toBe(400);
    expect(signed('/files/../../etc/passwd').status).toBe(404);
    expect(lines).toHaveLength(3);
  });

  it.each([
    ['bytes=0-4', 'bytes 0-4/10', '0123'], // the end is left out
    ['bytes=3-', 'bytes 3-10/10', '3456789'],
    ['bytes=3-99', 'bytes 3-10/10', '3456789'],
    ['bytes=10-', 'bytes 10-10/10', ''],
  ])('comes in parts by the server’s counting: %s', (range, contentRange, body) => {
    const { shelf, signed } = open();
    const answer = signed(`/files/${shelf.offer('a', digits)}`, { range });
    expect(answer).toEqual({ status: 206, headers: { 'content-range': contentRange }, body: Buffer.from(body) });
  });

  it('has no such parts as bytes=11- or bytes=-3', () => {
    const { shelf, signed } = open();
    const path = `/files/${shelf.offer('a', digits)}`;
    for (const range of ['bytes=11-', 'bytes=-3', 'bytes=5-4', 'bytes=a-b', 'bytes=0-1,3-4']) {
      expect([range, signed(path, { range }).status]).toEqual([range, 416]);
    }
    expect(signed(path, { range: 'lines=1-2' }).status).toBe(200);
  });

  it('is not sent to who has it since later', () => {
    const { shelf, signed } = open();
    const path = `/files/${shelf.offer('a', digits)}`;
    const since = (ms: number) => signed(path, { 'if-modified-since': new Date(ms).toUTCString() }).status;
    expect([since(at - 1000), since(at), since(at + 1000)]).toEqual([200, 200, 304]);
    expect(signed(path, { 'if-modified-since': 'yesterday' }).status).toBe(200);
  });

  it('that is an app says so', () => {
    const { shelf, signed } = open();
    const { key } = shelf.addApp({ pkg: 'com.example.app', version: '1.0 beta', bytes: digits });
    expect(key).toMatch(/com\.example\.app-1\.0-beta\.apk$/);
    expect(signed(`/files/${key}`).headers['content-type']).toBe('application/vnd.android.package-archive');
  });
});

describe('the shelf', () => {
  const kept = (): Keep & { readonly values: Map<string, unknown> } => {
    const values = new Map<string, unknown>();
    return {
      values,
      entries: () => [...values],
      put: (key, value) => void (value === undefined ? values.delete(key) : values.set(key, structuredClone(value))),
      setAside: (key) => void values.delete(key),
    };
  };

  it('keeps what was added over a restart, and what cannot be read is set aside', () => {
    const keep = kept();
    const { shelf } = open({ keep });
    const file = shelf.addFile({ path: '/a.txt', bytes: digits, varContent: true, devices: ['h1'] });
    const app = shelf.addApp({ pkg: 'a.b', version: '1', code: 7, name: 'A', bytes: digits, runAfterInstall: true });
    keep.values.set('added/x', { about: {} });
    const { shelf: after } = open({ keep });
    expect([after.files(), after.apps()]).toEqual([[file], [app]]);
    expect(Buffer.from(after.find(file.key)?.bytes ?? [])).toEqual(digits);
    expect([...keep.values.keys()]).toEqual([file.key, app.key]);
    after.remove(file.id);
    expect(open({ keep }).shelf.files()).toEqual([]);
  });

  it('has one file at a path and one app of a package, and the new one is newer', () => {
    const { shelf } = open();
    const before = shelf.addFile({ path: '/a.txt', bytes: digits });
    const after = shelf.addFile({ path: '/a.txt', bytes: Buffer.from('new') });
    expect(after.at).toBe(before.at + 1);
    expect(shelf.files()).toEqual([after]);
    expect(shelf.find(before.key)).toBeUndefined();
    shelf.addApp({ pkg: 'a.b', version: '1', bytes: digits });
    shelf.addApp({ pkg: 'a.b', version: '2', bytes: digits });
    expect(shelf.apps()).toMatchObject([{ version: '2' }]);
  });

  it('gives each device what is for it', () => {
    const { shelf } = open();
    shelf.addFile({ path: '/all.txt', bytes: digits });
    shelf.addFile({ path: '/one.txt', bytes: digits, devices: ['h1'] });
    const paths = (id: string) => shelf.addedFor(id).files.map(({ path }) => path);
    expect([paths('h1'), paths('h2')]).toEqual([['/all.txt', '/one.txt'], ['/all.txt']]);
  });

  it.each(['', '/a/../b', '/a/', 'a\u0000b', 'a\\b', '/./a', 'x'.repeat(501)])('takes no file at %j', (path) => {
    expect(() => open().shelf.addFile({ path, bytes: digits })).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });

  it('takes no app without a package and a version, and nothing that is too large', () => {
    const { shelf } = open();
    const invalid = expect.objectContaining({ code: 'REQUEST_INVALID' });
    expect(() => shelf.addApp({ pkg: 'app', version: '1', bytes: digits })).toThrow(invalid);
    expect(() => shelf.addApp({ pkg: 'a.b', version: '0', bytes: digits })).toThrow(invalid);
    const small = new Shelf({ clock: manualClock(at), limits: { bytes: 10, allBytes: 40, entries: 5 } });
    const full = () => expect(() => small.addFile({ path: '/x', bytes: Buffer.from('x') })).toThrow(invalid);
    expect(() => small.addFile({ path: '/a', bytes: Buffer.alloc(11) })).toThrow(invalid);
    for (let count = 0; count < 4; count++) small.addFile({ path: `/${count}`, bytes: digits });
    full();
    small.addFile({ path: '/3', bytes: Buffer.from('3') });
    small.addFile({ path: '/4', bytes: Buffer.from('4') });
    full();
  });

  it('keeps the newest of what documents refer to', () => {
    const shelf = new Shelf({ clock: manualClock(at), limits: { offeredBytes: 40 } });
    const first = shelf.offer('first', digits);
    const content = (byte: number) => Buffer.alloc(10, byte);
    const keys = [1, 2, 3].map((byte) => shelf.offer('a', content(byte)));
    expect(shelf.offer('first', Buffer.from(digits))).toBe(first); // used again
    const last = shelf.offer('a', content(4));
    expect(shelf.find(keys[0] ?? '')).toBeUndefined();
    expect([first, ...keys.slice(1), last].map((key) => shelf.find(key) !== undefined)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describeWithFixtures('beside a real server’s answers', () => {
  it.each(['file-01-signed', 'file-02-unsigned', 'file-03-template'])('%s', (name) => {
    const request = fixture(`android/rest/${name}.req.http`).toString('latin1');
    const [head = '', body = ''] = fixture(`android/rest/${name}.res.http`).toString('latin1').split('\r\n\r\n');
    const [, path = ''] = /^GET (\S+)/.exec(request) ?? [];
    const [, signature] = /X-Request-Signature: (\S+)/.exec(request) ?? [];
    const { shelf, get } = open();
    const decoded = decodeURIComponent(path).replace('/files/', '');
    const served = {
      find: (asked: string) => (asked === decoded ? { bytes: Buffer.from(body, 'latin1'), modifiedAt: 0 } : undefined),
    };
    Object.assign(shelf, served);
    const answer = get(path, signature === undefined ? {} : { 'x-request-signature': signature });
    expect(answer.status).toBe(Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]));
    for (const name of ['content-disposition', 'content-type', 'content-language']) {
      const theirs = new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1];
      expect([name, answer.headers[name]]).toEqual([name, theirs]);
    }
    if (answer.status === 200) expect(answer.body.toString('latin1')).toBe(body);
  });
});
