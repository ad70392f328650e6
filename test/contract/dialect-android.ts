import { createHash, randomBytes } from 'node:crypto';
import { type AndroidHandle, android } from '../../server-stub/android/dialect.js';
import type { AnyStub, Reply, Send } from '../server-stub/ios/stub.js';
import type { DialectDevice, DialectHarness } from './dialect.js';

// A device's requests by hand, from the protocol's description: nothing of this file is shared with the stub.

const secret = 'changeme-C3z9vi54';
const signature = (text: string) => createHash('sha1').update(`${secret}${text}`).digest('hex').toUpperCase();
const signed = (text: string) => ({ 'x-request-signature': signature(text), 'x-cpu-arch': 'arm64-v8a' });
const json = { 'content-type': 'application/json; charset=UTF-8' };

const configuration = (number: string) => `/rest/public/sync/configuration/${number}`;
const info = '/rest/public/sync/info';
const logs = (number: string) => `/rest/plugins/devicelog/log/list/${number}`;

/** `{"status":"OK","message":null,"data":...}`, its `data` and whether the signature over its very text is right. */
function envelopeOf({ status, body, headers }: Reply) {
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString('utf8').slice(0, 200)}`);
  const text = body.toString('utf8');
  const data = text.slice(text.indexOf('"data":') + '"data":'.length, -1);
  const read: { status: string; message: string | null; data: unknown } = JSON.parse(text);
  const isSigned = headers['x-response-signature'] === signature(data.replace(/[ \t\n\v\f\r]/g, ''));
  return { ...read, isSigned };
}

const body = (value: unknown): Send => ({ method: 'POST', headers: json, body: JSON.stringify(value) });

/** Begins an enrollment as the QR code of this user says, and is given the first document. */
async function begin(stub: AnyStub, user: string): Promise<string> {
  const number = `h-${randomBytes(6).toString('hex')}`;
  const code = await stub.send(`/rest/public/qr/json/${encodeURIComponent(user)}?create=1`);
  const extras: Record<string, unknown> = JSON.parse(code.body.toString('utf8'));
  const groups = extras['com.hmdm.GROUP'];
  const { headers: _, ...request } = body({
    customer: extras['com.hmdm.CUSTOMER'] ?? null,
    configuration: extras['com.hmdm.CONFIG'] ?? null,
    groups: typeof groups === 'string' ? groups.split(',') : null,
  });
  const reply = await stub.send(configuration(number), { ...request, headers: { ...json, ...signed(number) } });
  const { status, message, isSigned } = envelopeOf(reply);
  if (status !== 'OK' || !isSigned) throw new Error(`the enrollment was answered ${status}, ${message}`);
  return number;
}

/** Applied: all that the document has is there. */
async function sendInfo(stub: AnyStub, deviceId: string, data: unknown = {}): Promise<void> {
  const { files = [] } = data as { files?: readonly { path: string; lastUpdate: number; remove?: boolean }[] };
  const listed = files.filter(({ remove }) => remove !== true).map(({ path, lastUpdate }) => ({ path, lastUpdate }));
  const told = { deviceId, model: 'Pixel 8', androidVersion: '15', serial: `S${deviceId}`, mdmMode: true };
  const { status } = envelopeOf(await stub.send(info, body({ ...told, applications: [], files: listed })));
  if (status !== 'OK') throw new Error(`the info was answered ${status}`);
}

/** A session: the document, and that it is applied. */
async function session(stub: AnyStub, number: string): Promise<boolean> {
  const { status, message, data, isSigned } = envelopeOf(
    await stub.send(configuration(number), { headers: signed(number) }),
  );
  if (status === 'ERROR' && message === 'error.notfound.device') return false;
  if (status !== 'OK' || !isSigned) throw new Error(`the sync was answered ${status}, ${message}`);
  await sendInfo(stub, number, data);
  return true;
}

const handleOf = ({ authority }: AnyStub): AndroidHandle =>
  (authority as unknown as { readonly android: AndroidHandle }).android;

const settings = '/stub/v1/android/settings';
const files = '/stub/v1/android/files';
const administrator = ({ authority }: AnyStub) => ({
  authorization: `Bearer ${authority.adminTokens.administrator}`,
});

export const androidHarness: DialectHarness = {
  dialect: android,
  begin,

  async enroll(stub, user): Promise<DialectDevice> {
    const id = await begin(stub, user);
    await sendInfo(stub, id);
    await session(stub, id);
    let last = 0;
    return {
      id,
      checkIn: (at) => session(at, id),
      async wakes(at) {
        const count = handleOf(at).wakes(id);
        if (count > 0 || at !== stub) last = count;
        return last; // who has left is counted no more
      },
    };
  },

  hostile(_, { id }) {
    const status = (code: number) => (reply: Reply) => reply.status === code;
    const error = (message: string) => (reply: Reply) => {
      if (reply.status !== 200 || 'x-response-signature' in reply.headers) return false;
      const { status: said, message: why, data } = envelopeOf(reply);
      return said === 'ERROR' && why === message && data === null;
    };
    const denied = error('error.permission.denied');
    const unknown = error('error.notfound.device');
    const get = (number: string, text: string) => ({
      path: configuration(number),
      send: { headers: signed(text) },
    });
    const post = (bytes: string | Uint8Array, type = json['content-type']): Send => ({
      method: 'POST',
      headers: { 'content-type': type },
      body: bytes,
    });
    return [
      { what: 'a sync without a signature', path: configuration(id), isRefusal: denied },
      { what: 'a sync with the signature of another', ...get(id, 'h0001'), isRefusal: denied },
      { what: 'a sync of nobody', ...get('nobody', 'nobody'), isRefusal: unknown },
      { what: 'a number in other letters', ...get(id.toUpperCase(), id.toUpperCase()), isRefusal: unknown },
      { what: 'the name of a property', ...get('__proto__', '__proto__'), isRefusal: unknown },
      { what: 'a number with a slash', ...get(`${id}%2Fx`, `${id}/x`), isRefusal: status(400) },
      { what: 'an info that is no JSON', path: info, send: post('{'), isRefusal: status(400) },
      { what: 'an info of another form', path: info, send: post('{"deviceId":{}}'), isRefusal: status(400) },
      { what: 'an info of another type', path: info, send: post('<a/>', 'application/xml'), isRefusal: status(415) },
      { what: 'an info of nobody', path: info, send: body({ deviceId: 'nobody' }), isRefusal: unknown },
      { what: 'an info of a topic', path: info, send: body({ deviceId: 'a/#' }), isRefusal: unknown },
      {
        what: 'an info that is too large',
        path: info,
        send: body({ deviceId: id, model: 'a'.repeat(2 * 1024 * 1024) }),
        isRefusal: status(413),
      },
      { what: 'a log of nobody', path: logs('nobody'), send: body([]), isRefusal: unknown },
      { what: 'a log that is none', path: logs(id), send: post('7'), isRefusal: status(400) },
      { what: 'a poll without a signature', path: `/rest/notification/polling/${id}`, isRefusal: status(403) },
      { what: 'a file without a signature', path: '/files/certs/ca.pem', isRefusal: status(403) },
      {
        what: 'a file that is not there',
        path: '/files/..%252f..%252fetc/passwd',
        send: { headers: signed('..%2f..%2fetc/passwd') },
        isRefusal: status(404),
      },
    ];
  },

  async remember(stub) {
    const content = Buffer.from('a=1').toString('base64');
    const request = { path: '/config/a.properties', content, varContent: true };
    const reply = await stub.send(files, { ...body(request), headers: { ...json, ...administrator(stub) } });
    if (reply.status !== 201) throw new Error(`adding a file was answered ${reply.status}`);
    const change = { ...body({ pollTimeoutMs: 30_000 }), method: 'PATCH' };
    const changed = await stub.send(settings, { ...change, headers: { ...json, ...administrator(stub) } });
    if (changed.status !== 200) throw new Error(`changing the settings was answered ${changed.status}`);
  },
  async recall(stub) {
    const asked = { headers: administrator(stub) };
    const [listed, set] = [await stub.send(files, asked), await stub.send(settings, asked)];
    return [JSON.parse(listed.body.toString('utf8')), JSON.parse(set.body.toString('utf8'))];
  },
};
