// Every kind of bad input over real sockets: it gets its protocol's own refusal, one log line with a code, changes nothing
// that is stored, and a good device is served afterwards.
import { randomBytes, randomUUID } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { encodeCheckin } from '../../protocol/apple-mdm/check-in.js';
import { encodeResult } from '../../protocol/apple-mdm/result.js';
import { protocolCatalogue } from '../../protocol/errors.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { stubCatalogue } from '../../server-stub/errors.js';
import {
  askScep,
  Client,
  emptyTenant,
  enrolledClient,
  fetchChallenge,
  newClient,
  newKey,
  openStub,
  postScep,
  type Reply,
  type Stub,
  signerFor,
  user1,
  user2,
} from './ios/stub.js';

const dayMs = 24 * 3_600_000;
const MiB = 1024 * 1024;

interface Scene {
  readonly stub: Stub;
  /** Enrolled, and served when all is over. */
  readonly good: Client;
  /** What a row made ready before the state was looked at. */
  readonly ready: unknown;
}

interface Row<T> {
  readonly name: string;
  readonly code: string;
  /** The refusal: an HTTP status, a failInfo, a reason of APNs, a close code. */
  readonly refusal: unknown;
  readonly prepare?: (stub: Stub, good: Client) => Promise<T>;
  readonly send: (scene: Scene, ready: T) => Promise<unknown>;
}

const row = <T = undefined>(
  name: string,
  code: string,
  refusal: unknown,
  send: Row<T>['send'],
  prepare?: Row<T>['prepare'],
): Row<unknown> => ({ name, code, refusal, send, ...(prepare && { prepare }) }) as Row<unknown>;

const statusOf = async (reply: Promise<Reply>) => (await reply).status;
const tagged = async (reply: Promise<Reply>) => {
  const { status, body } = await reply;
  return [status, JSON.parse(body.toString()).code];
};

// --- property lists -------------------------------------------------------------------------------------------------

const lolz = Array.from({ length: 10 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('');
const plists: readonly (readonly [name: string, code: string, body: Buffer | string])[] = [
  ['nothing', 'PLIST_MALFORMED', ''],
  ['text', 'PLIST_MALFORMED', 'hello'],
  ['a truncated message', 'PLIST_MALFORMED', '<plist version="1.0"><dict><key>UDID</key><string>0000'],
  ['arrays 100 000 deep', 'PLIST_LIMIT', `<plist>${'<array>'.repeat(100_000)}`],
  ['dictionaries 20 000 deep', 'PLIST_LIMIT', `<plist>${'<dict><key>a</key>'.repeat(20_000)}`],
  [
    'entities that grow tenfold ten times',
    'PLIST_MALFORMED',
    `<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY e0 "lol">${lolz}]><plist><dict><key>UDID</key><string>&e10;</string></dict></plist>`,
  ],
  [
    'an entity of a file',
    'PLIST_MALFORMED',
    '<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY f SYSTEM "file:///etc/passwd">]><plist><dict><key>UDID</key><string>&f;</string></dict></plist>',
  ],
  ['a binary list of nothing', 'PLIST_MALFORMED', 'bplist00'],
  ['a binary list cut short', 'PLIST_MALFORMED', buildBinaryPlist({ UDID: 'x', Status: 'Idle' }).subarray(0, -10)],
  ['a binary list that holds itself', 'PLIST_', selfish()],
  ['octets that are no text', 'PLIST_MALFORMED', Buffer.from('<plist><string>\xff\xfe</string></plist>', 'latin1')],
  ['a list in the place of a dictionary', 'PLIST_MALFORMED', '<plist><array/></plist>'],
  ['a dictionary without what it needs', 'MDM_MALFORMED', '<plist><dict/></plist>'],
];

/** An array whose one element is the array. */
function selfish(): Buffer {
  const trailer = Buffer.alloc(32);
  trailer[6] = 1; // octets of an offset
  trailer[7] = 1; // octets of a reference
  trailer[15] = 1; // objects
  trailer[31] = 10; // where the offsets begin
  return Buffer.concat([Buffer.from('bplist00'), Buffer.from([0xa1, 0x00]), Buffer.from([8]), trailer]);
}

const messages = (['/checkin', '/mdm'] as const).flatMap((path) =>
  plists.map(([name, code, body]) =>
    row(`${path}: ${name}`, code, 400, ({ good }) => statusOf(good.put(path, Buffer.from(body)))),
  ),
);

// --- who speaks -----------------------------------------------------------------------------------------------------

const idle = (udid: string) => encodeResult({ udid, status: 'Idle' });
const strangerTo = (stub: Stub, like: Client): Client => {
  const key = newKey(2048);
  return new Client(stub, like.udid, like.topic, signerFor(stub, key), key.privateKey);
};

const identities = [
  row('a message that nobody signed', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(stub.send('/mdm', { method: 'PUT', body: idle(good.udid) })),
  ),
  row('a signature over another message', 'DEVICE_IDENTITY', 400, ({ good }) =>
    statusOf(good.put('/mdm', idle(good.udid), { 'mdm-signature': good.signatureOf(Buffer.from('other')) })),
  ),
  row('a signature that is damaged', 'DEVICE_IDENTITY', 400, ({ good }) => {
    const body = idle(good.udid);
    const bytes = Buffer.from(good.signatureOf(body), 'base64');
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 0xff;
    return statusOf(good.put('/mdm', body, { 'mdm-signature': bytes.toString('base64') }));
  }),
  row('a signature cut short', 'DEVICE_IDENTITY', 400, ({ good }) => {
    const body = idle(good.udid);
    return statusOf(good.put('/mdm', body, { 'mdm-signature': good.signatureOf(body).slice(0, 600) }));
  }),
  row('a signature that is no base64', 'DEVICE_IDENTITY', 400, ({ good }) =>
    statusOf(good.put('/mdm', idle(good.udid), { 'mdm-signature': '%%%%' })),
  ),
  row('our certificate, signed for with another key', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(
      new Client(stub, good.udid, good.topic, good.certificate, newKey().privateKey).put('/mdm', idle(good.udid)),
    ),
  ),
  row('a foreign certificate, by signature', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(strangerTo(stub, good).put('/mdm', idle(good.udid))),
  ),
  row('a foreign certificate, by TLS', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(stub.send('/mdm', { method: 'PUT', body: idle(good.udid), client: strangerTo(stub, good).identity })),
  ),
  row('a foreign certificate at Authenticate', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(strangerTo(stub, good).authenticate()),
  ),
  row(
    'an expired certificate',
    'DEVICE_IDENTITY',
    400,
    (_, old: Client) => statusOf(old.put('/mdm', idle(old.udid))),
    async (stub, good) => {
      const old = await enrolledClient(stub);
      await stub.clock.advance(8 * dayMs);
      await good.connect(); // keeps its own by a renewal
      const renewed = await askScep(stub, { signer: good, request: { messageType: 'RenewalReq' } });
      Object.assign(good, { certificate: renewed.certificate, key: renewed.key.privateKey });
      await stub.clock.advance(3 * dayMs);
      return old;
    },
  ),
  row(
    "another device's certificate",
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, other: Client) =>
      statusOf(new Client(stub, good.udid, good.topic, other.certificate, other.key).tokenUpdate()),
    (stub) => enrolledClient(stub, user2),
  ),
  row(
    "another device's certificate at Authenticate and CheckOut",
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, other: Client) =>
      statusOf(new Client(stub, good.udid, good.topic, other.certificate, other.key).checkOut()),
    (stub) => enrolledClient(stub, user2),
  ),
  row(
    'a certificate that is for mail',
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, mail: { certificate: Buffer; key: Client['key'] }) =>
      statusOf(new Client(stub, good.udid, good.topic, mail.certificate, mail.key).put('/mdm', idle(good.udid))),
    async (stub, good) => {
      const source = { type: 'scep', url: '{{scepUrl}}', challenge: '{{scepChallenge}}', keySizeBits: 1024 } as const;
      const profile = {
        kind: 'certificate',
        name: 'For mail',
        role: 'identity',
        source: { ...source, subject: [[['CN', 'x']]] },
      } as const;
      stub.authority.tenant.queue(good.udid, { kind: 'install-profile', profile });
      const [told] = await good.session();
      const challenge = /<key>Challenge<\/key>\s*<string>([0-9A-F]+)</.exec(
        Buffer.from(told?.body['Payload'] as Uint8Array).toString(),
      )?.[1];
      const { certificate = Buffer.alloc(0), key } = await askScep(stub, { challenge: challenge ?? '' });
      return { certificate, key: key.privateKey };
    },
  ),
  row(
    'a device that was deleted',
    'DEVICE_UNKNOWN',
    [403, 'com.apple.unrecognized.device'],
    (_, gone: Client) => tagged(gone.put('/mdm', idle(gone.udid))),
    async (stub) => {
      const gone = await enrolledClient(stub);
      stub.authority.tenant.unenroll(gone.udid, 'deleted');
      return gone;
    },
  ),
  row(
    'a device that never enrolled',
    'DEVICE_UNKNOWN',
    [403, 'com.apple.unrecognized.device'],
    (_, fresh: Client) => tagged(fresh.put('/mdm', idle(fresh.udid))),
    (stub) => newClient(stub),
  ),
  row('a user of a device', 'MESSAGE_REFUSED', 410, ({ good }) =>
    statusOf(good.put('/checkin', encodeCheckin({ MessageType: 'UserAuthenticate', UDID: good.udid, UserID: 'U' }))),
  ),
  row('a message type of another system', 'MESSAGE_REFUSED', 400, ({ good }) =>
    statusOf(good.put('/checkin', encodeCheckin({ MessageType: 'GetBootstrapToken', UDID: good.udid }))),
  ),
  row('a TokenUpdate for another topic', 'MESSAGE_REFUSED', 400, ({ good }) =>
    statusOf(good.tokenUpdate({ Topic: 'com.apple.mgmt.External.other' })),
  ),
];

// --- enrollment and SCEP --------------------------------------------------------------------------------------------

const failInfo = async (asked: ReturnType<typeof askScep>) => (await asked).answer?.failInfo;

const enrollments = [
  row('an enrollment of nobody we know', 'ENROLLMENT_REFUSED', [403, 'E02'], ({ stub }) =>
    tagged(stub.send('/enroll/ios?user=nobody@contoso.example')),
  ),
  row('an enrollment of nobody', 'UNAUTHORIZED', 401, ({ stub }) => statusOf(stub.send('/enroll/ios'))),
  row('an enrollment with a wrong password', 'UNAUTHORIZED', 401, ({ stub }) => {
    const authorization = `Basic ${Buffer.from('locked@contoso.example:guess').toString('base64')}`;
    return statusOf(stub.send('/enroll/ios', { headers: { authorization } }));
  }),
  row('an identity of no known kind', 'REQUEST_INVALID', 400, ({ stub }) =>
    statusOf(stub.send(`/enroll/ios?user=${user1}&identity=__proto__`)),
  ),
  row('SCEP: no operation', 'MESSAGE_REFUSED', 400, ({ stub }) => statusOf(stub.send('/scep'))),
  row('SCEP: garbage', 'SCEP_MALFORMED', 400, ({ stub }) => statusOf(postScep(stub, Buffer.from('garbage')))),
  row('SCEP: garbage by GET', 'MESSAGE_REFUSED', 400, ({ stub }) =>
    statusOf(stub.send('/scep?operation=PKIOperation&message=***')),
  ),
  row('SCEP: 1 MiB and one octet', 'MESSAGE_TOO_LARGE', 413, ({ stub }) =>
    statusOf(postScep(stub, Buffer.alloc(MiB + 1, 0x30))),
  ),
  row('SCEP: nested 10 000 deep', 'SCEP_MALFORMED', 400, ({ stub }) =>
    statusOf(postScep(stub, Buffer.from('3080'.repeat(10_000), 'hex'))),
  ),
  row(
    'SCEP: a message cut short',
    'SCEP_MALFORMED',
    400,
    ({ stub }, message: Buffer) => statusOf(postScep(stub, message.subarray(0, 900))),
    async (stub) => (await askScep(stub)).message,
  ),
  row(
    'SCEP: a wrong signature',
    'CMS_SIGNATURE',
    400,
    ({ stub }, message: Buffer) => {
      const damaged = Buffer.from(message);
      damaged[damaged.length - 3] = (damaged.at(-3) ?? 0) ^ 0xff;
      return statusOf(postScep(stub, damaged));
    },
    async (stub) => (await askScep(stub)).message,
  ),
  row('SCEP: no challenge', 'SCEP_REFUSED', 'badRequest', ({ stub }) => failInfo(askScep(stub))),
  row('SCEP: a guessed challenge', 'SCEP_REFUSED', 'badRequest', ({ stub }) =>
    failInfo(askScep(stub, { challenge: randomUUID() })),
  ),
  row(
    'SCEP: a reused challenge',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, challenge: string) => failInfo(askScep(stub, { challenge })),
    async (stub) => {
      const { challenge } = await fetchChallenge(stub, user1);
      await askScep(stub, { challenge });
      return challenge;
    },
  ),
  row(
    'SCEP: a challenge past its time',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, challenge: string) => failInfo(askScep(stub, { challenge })),
    async (stub) => {
      const { challenge } = await fetchChallenge(stub, user1);
      await stub.clock.advance(31 * 60_000);
      return challenge;
    },
  ),
  row(
    'SCEP: a replayed nonce',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, attempt: Parameters<typeof askScep>[1]) => failInfo(askScep(stub, attempt)),
    async (stub) => {
      const request = { transactionId: 'T', senderNonce: randomBytes(16) };
      await askScep(stub, { challenge: (await fetchChallenge(stub, user1)).challenge, request });
      return { challenge: (await fetchChallenge(stub, user1)).challenge, request };
    },
  ),
  row('SCEP: a renewal of a foreign certificate', 'SCEP_REFUSED', 'badCertId', ({ stub }) => {
    const key = newKey();
    const signer = { certificate: signerFor(stub, key), key: key.privateKey };
    return failInfo(askScep(stub, { signer, request: { messageType: 'RenewalReq' } }));
  }),
  row(
    'SCEP: a renewal of an ended enrollment',
    'SCEP_REFUSED',
    'badCertId',
    ({ stub }, gone: Client) => failInfo(askScep(stub, { signer: gone, request: { messageType: 'RenewalReq' } })),
    async (stub) => {
      const gone = await enrolledClient(stub);
      await gone.checkOut();
      return gone;
    },
  ),
];

// --- declarations, administration, the gate -------------------------------------------------------------------------

const deepJson = `{"value":${'['.repeat(200_000)}`;
const asAdmin = (stub: Stub) => ({ authorization: `Bearer ${stub.authority.adminTokens.administrator}` });
const admin = (method: string, path: string, body: string | Buffer, refusal: number, code = 'REQUEST_INVALID') =>
  row(`admin ${method} ${path}: ${body.toString('utf8', 0, 24)} (${body.length})`, code, refusal, ({ stub, good }) => {
    const [device] = stub.authority.tenant.devices();
    const filled = path.replace('{id}', device?.id ?? '').replace('{udid}', good.udid);
    return statusOf(stub.send(filled, { method, headers: asAdmin(stub), body }));
  });
const bodies = ['{', '[]', '"text"', 'null', '\xff', deepJson, '{"a":'.repeat(100_000)];
const withBody: readonly (readonly [string, string])[] = [
  ['POST', '/v1.0/users'],
  ['PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate'],
  ['POST', '/v1.0/deviceManagement/deviceConfigurations'],
  ['POST', '/stub/v1/devices/{udid}/commands'],
  ['PUT', '/stub/v1/ddm/declarations'],
  ['POST', '/stub/v1/documents'],
];
const nestedBody = JSON.stringify({ kind: 'native', platform: 'ios', name: 'X', body: nested(100) });
const nestedPayload = JSON.stringify({
  value: [{ Type: 'com.apple.configuration.x', Identifier: 'i', Payload: { a: nested(100) } }],
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

const administration = [
  ...withBody.flatMap(([method, path]) => bodies.map((body) => admin(method, path, body, 400))),
  admin('POST', '/stub/v1/devices/{udid}/commands', nestedBody, 400),
  admin('PUT', '/stub/v1/ddm/declarations', nestedPayload, 400),
  admin('POST', '/v1.0/users', Buffer.alloc(MiB + 1, 0x20), 413, 'MESSAGE_TOO_LARGE'),
  admin('POST', '/stub/v1/documents', Buffer.alloc(15 * MiB, 0x20), 413, 'MESSAGE_TOO_LARGE'),
  admin('POST', '/stub/v1/devices/nobody/commands', '{"kind":"lock"}', 404, 'NOT_FOUND'),
  admin('POST', '/stub/v1/devices/{udid}/commands', '{"kind":"explode"}', 400),
  row('admin: no token', 'UNAUTHORIZED', 401, ({ stub }) => statusOf(stub.send('/v1.0/organization'))),
  row('admin: a wrong token', 'UNAUTHORIZED', 401, ({ stub }) =>
    statusOf(stub.send('/v1.0/organization', { headers: { authorization: 'Bearer guess' } })),
  ),
  row('admin: a reader who changes', 'FORBIDDEN', 403, ({ stub }) =>
    statusOf(
      stub.send('/v1.0/users', {
        method: 'POST',
        headers: { authorization: `Bearer ${stub.authority.adminTokens.reader}` },
        body: '{}',
      }),
    ),
  ),
  row('an address that is none', 'NOT_FOUND', 404, ({ stub }) => statusOf(stub.send('/nothing/here'))),
  row('an address with a step out of it', 'MESSAGE_REFUSED', 400, ({ stub }) =>
    statusOf(stub.send('/documents/%2e%2e%2fca.key.pem')),
  ),
  row('another method', 'NOT_FOUND', 405, ({ stub }) => statusOf(stub.send('/mdm', { method: 'DELETE' }))),
  row('DDM: an endpoint that is none', 'DDM_MALFORMED', 400, ({ good }) => statusOf(good.declarative('a/b/c/d'))),
  row('DDM: no such declaration', 'NOT_FOUND', 404, ({ good }) => statusOf(good.declarative('declaration/asset/x'))),
  ...['garbage', '{}', '[]', `{"StatusItems":${'{"a":'.repeat(10_000)}`].map((text) =>
    row(`DDM: a status of ${text.slice(0, 20)}`, 'DDM_MALFORMED', 400, ({ good }) => {
      const message = { MessageType: 'DeclarativeManagement', UDID: good.udid, Endpoint: 'status' } as const;
      return statusOf(good.put('/checkin', encodeCheckin({ ...message, Data: Buffer.from(text) })));
    }),
  ),
  ...['garbage', '{}', '[[[[[[', `{"deviceId":1,"name":2}`].map((body) =>
    row(`the gate: ${body}`, 'REQUEST_INVALID', 400, ({ stub }) =>
      statusOf(stub.send('/resources/email', { method: 'POST', body })),
    ),
  ),
];

// --- sizes and sockets ----------------------------------------------------------------------------------------------

const portOf = (url: string) => Number(new URL(url).port);

/** What comes back, as text, for octets sent inside TLS (or outside of it). */
function speak(stub: Stub, url: string, octets: string | Buffer, how: { tls: boolean; alpn?: string[] }) {
  return new Promise<string>((resolve) => {
    const target = { port: portOf(url), host: '127.0.0.1' };
    const socket = how.tls
      ? connectTls({ ...target, servername: 'localhost', ca: stub.authority.caPem, ALPNProtocols: how.alpn ?? [] })
      : connectPlain(target);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {}).on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on(how.tls ? 'secureConnect' : 'connect', () => socket.write(octets));
    onTestFinished(() => void socket.destroy());
  });
}

function pushed(stub: Stub, token: string, body: Buffer, headers: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(stub.authority.apnsUrl, { ca: stub.authority.caPem });
    onTestFinished(() => session.destroy());
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': `/3/device/${token}`, 'apns-topic': 't', ...headers });
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.on('end', () => resolve(JSON.parse(text).reason)).on('error', reject);
    stream.end(body);
  });
}

function cutOff(stub: Stub, message: string | Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(stub.authority.pushUrl, { ca: stub.authority.caPem });
    onTestFinished(() => socket.terminate());
    socket.on('open', () => socket.send(message)).on('error', reject);
    socket.on('close', resolve);
  });
}

const aToken = 'ab'.repeat(32);
const sockets = [
  ...(['/checkin', '/mdm'] as const).map((path) =>
    row(`${path}: 1 MiB and one octet`, 'MESSAGE_TOO_LARGE', 413, ({ good }) =>
      statusOf(good.put(path, Buffer.alloc(MiB + 1, 0x20))),
    ),
  ),
  row('octets that are no TLS', 'TLS_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.url, 'GET / HTTP/1.1\r\n\r\n', { tls: false }),
  ),
  row('octets that are no HTTP', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(stub, stub.authority.url, 'hello\r\n\r\n', { tls: true }),
  ),
  row('endless headers', 'MESSAGE_REFUSED', 'HTTP/1.1 431 Request Header Fields Too Large', ({ stub }) =>
    speak(stub, stub.authority.url, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(80_000)}`, { tls: true }),
  ),
  row('a chunk whose length is none', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(stub, stub.authority.url, 'PUT /mdm HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', {
      tls: true,
    }),
  ),
  row('two lengths', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      { tls: true },
    ),
  ),
  row('CONNECT to somewhere else', 'FORBIDDEN', 'HTTP/1.1 403 Forbidden', ({ stub }) =>
    speak(stub, stub.authority.url, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n', { tls: true }),
  ),
  row('APNs: octets that are no TLS', 'TLS_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'GET / HTTP/1.1\r\n\r\n', { tls: false }),
  ),
  row('APNs: HTTP/1.1', 'PUSH_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'GET / HTTP/1.1\r\n\r\n', { tls: true }),
  ),
  row('APNs: octets that are no HTTP/2', 'PUSH_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'PRI * HTTP/2.0\r\n\r\nnonsense, and more of it', { tls: true, alpn: ['h2'] }),
  ),
  row('APNs: a token nobody has', 'PUSH_REFUSED', 'BadDeviceToken', ({ stub }) =>
    pushed(stub, aToken, Buffer.from('{}')),
  ),
  row('APNs: a token that is none', 'PUSH_REFUSED', 'BadDeviceToken', ({ stub }) =>
    pushed(stub, 'zz/../..', Buffer.from('{}')),
  ),
  row('APNs: a payload of 5000 octets', 'PUSH_REFUSED', 'PayloadTooLarge', ({ stub }) =>
    pushed(stub, aToken, Buffer.alloc(5000, 0x20)),
  ),
  row('APNs: no payload', 'PUSH_REFUSED', 'PayloadEmpty', ({ stub }) => pushed(stub, aToken, Buffer.alloc(0))),
  row('APNs: another topic', 'PUSH_REFUSED', 'DeviceTokenNotForTopic', ({ stub, good }) =>
    pushed(stub, good.token.toString('hex'), Buffer.from('{}')),
  ),
  row('WebSocket: text that is no JSON', 'MESSAGE_REFUSED', 1008, ({ stub }) => cutOff(stub, 'hello')),
  row('WebSocket: JSON 100 000 deep', 'MESSAGE_REFUSED', 1008, ({ stub }) => cutOff(stub, '['.repeat(100_000))),
  row('WebSocket: tokens that are none', 'MESSAGE_REFUSED', 1008, ({ stub }) =>
    cutOff(stub, '{"type":"register","tokens":["../.."]}'),
  ),
  row('WebSocket: octets', 'MESSAGE_REFUSED', 1003, ({ stub }) => cutOff(stub, randomBytes(100))),
  row('WebSocket: a message too large', 'MESSAGE_REFUSED', 1009, ({ stub }) => cutOff(stub, 'x'.repeat(MiB))),
  row('WebSocket: another address', 'NOT_FOUND', 'HTTP/1.1 404 Not Found', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      {
        tls: true,
      },
    ),
  ),
  row('WebSocket: no handshake', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'GET /push HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      {
        tls: true,
      },
    ),
  ),
];

/** All that is stored, but for the record of refusals, which is the refusals' own. */
function stored({ authority }: Stub): string {
  const { tenant } = authority;
  return JSON.stringify({
    devices: tenant.devices(),
    commands: tenant.devices().map(({ deviceId }) => tenant.commands(deviceId)),
    users: tenant.users(),
    profiles: tenant.profiles(),
    changes: tenant.changes(),
    authority: tenant.authority,
    pushCertificate: tenant.pushCertificate(),
    certificates: authority.counters.certificates,
    tokens: authority.push.counts.tokens,
    pending: authority.scep.pending(),
  });
}

const codes = new Set([...Object.keys(stubCatalogue), ...Object.keys(protocolCatalogue), 'TLS_REFUSED']);

describe('bad input', () => {
  const rows = [...messages, ...identities, ...enrollments, ...administration, ...sockets];
  it.each(rows.map((each) => [each.name, each] as const))('%s', async (_, { code, refusal, send, prepare }) => {
    const tenant = emptyTenant();
    const locked = { ...tenant.users[0], id: 'locked', upn: 'locked@contoso.example', password: 'secret' };
    const stub = await openStub({
      level: 'debug',
      deviceCertificateMs: 10 * dayMs,
      tenant: { ...tenant, users: [...tenant.users, { displayName: '', licence: 'both', ...locked }] },
    });
    const good = await enrolledClient(stub);
    const ready = await prepare?.(stub, good);
    stub.lines();
    const before = stored(stub);

    expect(await send({ stub, good, ready }, ready)).toEqual(refusal);

    const said = await vi.waitFor(() => {
      const lines = stub.lines();
      expect(lines.length).toBeGreaterThan(0);
      return lines;
    });
    expect(said.map(({ event }) => event)).toEqual([expect.stringMatching(`^${code}`)]);
    for (const { event } of said) expect(codes).toContain(event);
    expect(stored(stub)).toBe(before);
    expect((await good.connect()).reply.status).toBe(200);
    expect(stub.lines()).toEqual([]); // nor was anything said later
  });
});
