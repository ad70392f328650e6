import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textTrace } from '../../../protocol/traced.js';
import { readPem, writePem } from '../../../protocol/x509/pem.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { enrolledClient, openStub, type Stub } from '../ios/stub.js';

const topic = 'com.apple.mgmt.External.1';
const wake = JSON.stringify({ mdm: 'MAGIC' });
const id = 'EC1BF194-B3B2-424A-89A9-5A918A6E6B5D';

interface Answer {
  readonly status: number;
  readonly id: string;
  readonly body: { reason?: string; timestamp?: number };
}

interface Sender {
  push(token: string, options?: { headers?: Record<string, string>; body?: string | Buffer }): Promise<Answer>;
}

function openSender(stub: Stub, identity: { cert?: string; key?: string } = {}): Sender {
  const session = connect(stub.authority.apnsUrl, { ca: stub.authority.caPem, ...identity });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return {
    push: (token, { headers = {}, body = wake } = {}) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': `/3/device/${token}`, ...headers });
        const answer = { status: 0, id: '' };
        const chunks: Buffer[] = [];
        stream.on('response', (given) => {
          answer.status = Number(given[':status']);
          answer.id = String(given['apns-id']);
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ ...answer, body: text === '' ? {} : JSON.parse(text) });
        });
        stream.end(body);
      }),
  };
}

const nobody = { address: '192.0.2.1', isOpen: true, offer() {}, known() {} };

describe('the APNs-shaped service', () => {
  it('has each notification traced, without its token and its PushMagic', async () => {
    let text = '';
    const trace = textTrace((more) => {
      text += more;
    });
    const stub = await openStub({ trace });
    const token = randomBytes(32).toString('hex');
    stub.authority.push.register(token, nobody);
    const sender = openSender(stub);
    const headers = { 'apns-topic': topic, 'apns-push-type': 'mdm', 'apns-id': id };
    await sender.push(token, { headers });
    await sender.push('00', { headers });
    const lines = text.split('\n');
    const start = `https://${new URL(stub.authority.apnsUrl).host}/3/device/`;
    expect(lines.filter((line) => line.includes(' server POST '))).toEqual([
      expect.stringContaining(`server POST ${start}${token.slice(0, 8)}... 200 `),
      expect.stringContaining(`server POST ${start}00 400 `),
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([`> apns-topic: ${topic}`, '>   mdm: [secret]', '<   reason: "BadDeviceToken"']),
    );
    expect(text).not.toContain(token);
    expect(text).not.toContain('MAGIC');
  });

  it('takes a notification for a token that exists, and echoes its id', async () => {
    const stub = await openStub();
    const token = randomBytes(32).toString('hex');
    stub.authority.push.register(token, nobody);
    const answer = await openSender(stub).push(token, {
      headers: { 'apns-topic': topic, 'apns-push-type': 'mdm', 'apns-id': id },
    });
    expect(answer).toEqual({ status: 200, id, body: {} });
    const without = await openSender(stub).push(token.toUpperCase(), { headers: { 'apns-topic': topic } });
    expect(without.id).toMatch(/^[0-9A-F-]{36}$/);
    expect(stub.authority.push.log()).toMatchObject([{ outcome: 'sent' }, { outcome: 'sent' }]);
  });

  const token = '00'.repeat(32);
  const withTopic = { 'apns-topic': topic };
  it.each([
    ['BadDeviceToken', 400, { token: 'ab'.repeat(32), headers: withTopic }],
    ['BadDeviceToken', 400, { token: 'xyz', headers: withTopic }],
    ['MissingDeviceToken', 400, { token: '', headers: withTopic }],
    ['MissingTopic', 400, {}],
    ['BadTopic', 400, { headers: { 'apns-topic': 'no topic' } }],
    ['DeviceTokenNotForTopic', 400, { headers: { 'apns-topic': 'com.apple.mgmt.External.other' } }],
    ['InvalidPushType', 400, { headers: { ...withTopic, 'apns-push-type': 'shout' } }],
    ['BadMessageId', 400, { headers: { ...withTopic, 'apns-id': 'one' } }],
    ['BadExpirationDate', 400, { headers: { ...withTopic, 'apns-expiration': 'tomorrow' } }],
    ['BadPriority', 400, { headers: { ...withTopic, 'apns-priority': '11' } }],
    ['BadCollapseId', 400, { headers: { ...withTopic, 'apns-collapse-id': 'x'.repeat(65) } }],
    ['PayloadEmpty', 400, { headers: withTopic, body: '' }],
    ['PayloadTooLarge', 413, { headers: withTopic, body: Buffer.alloc(4097, 0x20) }],
    ['PayloadTooLarge', 413, { headers: withTopic, body: Buffer.alloc(200_000, 0x20) }],
    ['MethodNotAllowed', 405, { headers: { ...withTopic, ':method': 'PUT' } }],
    ['BadPath', 404, { headers: { ...withTopic, ':path': '/4/device/00' } }],
  ])(
    'refuses with %s (%i)',
    async (reason, status, {
      token: other,
      headers,
      body,
    }: { token?: string; headers?: Record<string, string>; body?: string | Buffer }) => {
      const stub = await openStub();
      stub.authority.push.expect(token, topic);
      const answer = await openSender(stub).push(other ?? token, {
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
      expect(answer).toMatchObject({ status, body: { reason } });
      expect(stub.lines().map(({ event }) => event)).toEqual(['PUSH_REFUSED']);
      expect((await openSender(stub).push(token, { headers: withTopic })).status).toBe(200);
    },
  );

  it('answers 410 with the time for a token that was given up', async () => {
    const stub = await openStub();
    stub.authority.push.register(token, nobody);
    stub.authority.push.unregister(token, nobody);
    const answer = await openSender(stub).push(token, { headers: withTopic });
    expect(answer).toMatchObject({ status: 410, body: { reason: 'Unregistered', timestamp: stub.clock.now() } });
  });

  it('wants a certificate where it is told to', async () => {
    const stub = await openStub({ requirePushCertificate: true });
    stub.authority.push.register(token, nobody);
    const answer = await openSender(stub).push(token, { headers: withTopic });
    expect(answer).toMatchObject({ status: 403, body: { reason: 'MissingProviderToken' } });
  });

  it('reaches a device that enrolled, under the topic of its enrollment only', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const hex = client.token.toString('hex');
    const sender = openSender(stub);
    expect((await sender.push(hex, { headers: { 'apns-topic': client.topic } })).status).toBe(200);
    expect((await sender.push(hex, { headers: withTopic })).body.reason).toBe('DeviceTokenNotForTopic');
  });
});

describeWith('openssl')('a sender with a push certificate', () => {
  function pushCertificate(uid: string): { cert: string; key: string } {
    const folder = temporaryFolder();
    const keyFile = join(folder, 'key.pem');
    const key = openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout']).toString();
    writeFileSync(keyFile, key, { mode: 0o600 });
    const subject = `/UID=${uid}/CN=APSP:1/C=US`;
    return { key, cert: openssl(['req', '-x509', '-new', '-key', keyFile, '-days', '2', '-subj', subject]).toString() };
  }

  it('needs no topic: it is the UID of its certificate, and no other is allowed', async () => {
    const stub = await openStub({ requirePushCertificate: true });
    const token = '11'.repeat(32);
    stub.authority.push.expect(token, topic);
    const sender = openSender(stub, pushCertificate(topic));
    expect((await sender.push(token)).status).toBe(200);
    const other = await sender.push(token, { headers: { 'apns-topic': 'com.apple.mgmt.External.2' } });
    expect(other).toMatchObject({ status: 400, body: { reason: 'TopicDisallowed' } });
    const stranger = openSender(stub, pushCertificate('com.apple.mgmt.External.2'));
    expect((await stranger.push(token)).body.reason).toBe('DeviceTokenNotForTopic');
  });

  it('is refused when its certificate is one that only OpenSSL can read', async () => {
    const stub = await openStub();
    const { cert, key } = pushCertificate(topic);
    const [der = Buffer.alloc(0)] = readPem(cert).map((block) => Buffer.from(block.der));
    const ecdsa = Buffer.from('06082a8648ce3d040302', 'hex');
    der[der.lastIndexOf(ecdsa) + ecdsa.length + 2] = 1; // the signature after it is a BIT STRING of one unused bit now
    const answer = await openSender(stub, { key, cert: writePem('CERTIFICATE', der) }).push('11'.repeat(32));
    expect(answer).toMatchObject({ status: 403, body: { reason: 'BadCertificate' } });
  });
});

describeWith('curl')('curl as the sender', () => {
  it('speaks HTTP/2 to it, and HTTP/1.1 is not spoken', async () => {
    const stub = await openStub();
    const token = '22'.repeat(32);
    stub.authority.push.register(token, nobody);
    const ca = join(temporaryFolder(), 'ca.pem');
    writeFileSync(ca, stub.authority.caPem);
    const url = `${stub.authority.apnsUrl}/3/device/${token}`;
    const common = ['-s', '--cacert', ca, '-d', wake, '-H', `apns-topic: ${topic}`, '-o', '/dev/null', '-w'];
    expect(await curl([...common, '%{http_version} %{http_code}', '--http2', url])).toBe('2 200');
    await expect(curl([...common, '%{http_code}', '--http1.1', url])).resolves.not.toBe('200');
  });
});

/** What curl writes; it may fail, the stub runs in this process. */
const curl = (args: readonly string[]): Promise<string> =>
  new Promise((resolve) => execFile('curl', args, (_, stdout) => resolve(stdout)));
