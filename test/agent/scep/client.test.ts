import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import { requestCertificate } from '../../../agent/scep/client.js';
import { readProfile } from '../../../protocol/apple-mdm/profile/read.js';
import { scepSettings } from '../../../protocol/apple-mdm/profile/scep.js';
import { failInfos } from '../../../protocol/scep/message.js';
import type { ScepSettings } from '../../../protocol/scep/settings.js';
import { fingerprint, readCertificate } from '../../../protocol/x509/certificate.js';
import { eventually } from '../../support/eventually.js';
import { rsaKey } from '../../support/keys.js';
import { describeWith, openssl } from '../../support/programs.js';
import {
  inFile,
  memoryKeys,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  profile,
  type Stage,
  scepPayload,
} from '../platform/ios/harness.js';
import { ScepServer } from './server.js';

const settings: ScepSettings = {
  url: 'https://mdm.test/scep',
  subject: [[['O', 'Example']], [['CN', 'device']]],
  challenge: 'secret',
  keySizeBits: 2048,
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  retries: 3,
  retryDelaySeconds: 10,
};

describeWith('openssl')('the SCEP client', () => {
  let ca: OpensslIdentity;
  let other: OpensslIdentity;
  beforeAll(() => {
    ca = opensslIdentity('CA');
    other = opensslIdentity('Other CA');
  });

  function open(): { stage: Stage; server: ScepServer } {
    const stage = openStage();
    const server = new ScepServer(ca, () => new Date(stage.clock.now()));
    stage.server.override = (request) => server.answer(request);
    return { stage, server };
  }
  const request = (stage: Stage, changes: Partial<ScepSettings> = {}, renews?: { certificate: Uint8Array }) =>
    requestCertificate(
      { ...settings, ...changes },
      {
        ports: stage.ports,
        signal: stage.signal,
        commonName: 'fallback',
        ...(renews === undefined ? {} : { renews: { certificate: renews.certificate, key: memoryKeysOf(ca) } }),
      },
    );
  const memoryKeysOf = (identity: OpensslIdentity) => new ScepServer(identity, () => new Date()).key;

  it('shows no value of its address’s query, wherever it fails', async () => {
    const url = 'https://mdm.test/scep?token=hush';
    const { stage, server } = open();
    server.failInfo = 'badRequest';
    await expect(request(stage, { url })).rejects.toThrow(/scep\?token=… refused: badRequest$/);
    server.failInfo = undefined;
    server.pending = 1;
    await expect(request(stage, { url, retries: 0 })).rejects.toThrow(/scep\?token=…: still pending/);
    stage.server.override = () => ({ status: 500 });
    await expect(request(stage, { url })).rejects.toThrow(/scep\?token=… answered 500$/);
  });

  it('gets a certificate for its key, which openssl finds good', async () => {
    const { stage, server } = open();
    const { certificate, key } = await request(stage, { subjectAltName: { dNSName: 'x.test' } });
    expect(readCertificate(certificate).publicKey.equals(key.publicKey)).toBe(true);
    expect(server.transfers).toEqual(['POST']);
    const [asked] = server.requests;
    expect(asked).toMatchObject({ messageType: 'PKCSReq', cipher: { name: 'aes-128-cbc' }, digest: 'sha256' });
    if (asked?.content.kind !== 'csr') return expect.unreachable();
    expect(asked.content.csr).toMatchObject({
      challengePassword: 'secret',
      subject: [[['O', 'Example']], [['CN', 'device']]],
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      subjectAltName: { dNSName: ['x.test'] },
    });
    const verified = openssl([
      'req',
      '-verify',
      '-noout',
      '-subject',
      '-inform',
      'DER',
      '-in',
      inFile(asked.content.csr.der, 'csr'),
    ]);
    expect(verified.toString()).toContain('device');
    expect(stage.http.openSessions()).toBe(0);
  });

  it('asks for what the payload says, as openssl reads it', async () => {
    const { stage, server } = open();
    const sizes: number[] = [];
    const { keys } = stage.ports;
    const take: typeof keys.take = async (bits) => {
      sizes.push(bits);
      const { privateKey, publicKey } = rsaKey(bits);
      return { ref: { pool: 'x' }, privateKey, publicKey };
    };
    const payload = scepPayload(
      1,
      `<key>Name</key><string>Issuing CA</string><key>Challenge</key><string>open sesame</string>
       <key>Keysize</key><integer>2048</integer><key>Key Usage</key><integer>4</integer><key>Key Type</key><string>RSA</string>
       <key>Subject</key><array><array><array><string>O</string><string>Example Ltd</string></array></array>
         <array><array><string>2.5.4.3</string><string>Ada</string></array></array></array>
       <key>SubjectAltName</key><dict><key>rfc822Name</key><string>ada@example.test</string>
         <key>dNSName</key><array><string>a.test</string><string>b.test</string></array>
         <key>uniformResourceIdentifier</key><string>urn:x</string></dict>`,
    );
    const [read] = readProfile(profile('scep', [payload])).payloads;
    if (read === undefined) return expect.unreachable();
    await requestCertificate(scepSettings(read), {
      ports: { ...stage.ports, keys: { ...keys, take } },
      signal: stage.signal,
      commonName: 'x',
    });
    expect(sizes).toEqual([2048]);
    expect(stage.http.requests.slice(0, 2).map(({ url }) => new URL(url).searchParams.get('message'))).toEqual([
      'Issuing CA',
      'Issuing CA',
    ]);
    const content = server.requests[0]?.content;
    if (content?.kind !== 'csr') return expect.unreachable();
    const shown = openssl(['req', '-text', '-noout', '-inform', 'DER'], content.csr.der).toString();
    for (const part of [
      /Subject: O ?= ?Example Ltd, CN ?= ?Ada/,
      /Public-Key: \(2048 bit\)/,
      /challengePassword\s*: ?open sesame/,
      /Key Usage: critical\s+Key Encipherment\n/,
      /email:ada@example\.test/,
      /DNS:a\.test, DNS:b\.test/,
      /URI:urn:x/,
      /sha256WithRSAEncryption/,
    ])
      expect(shown).toMatch(part);
  });

  it('stops at once while it waits for an answer that never comes', async () => {
    const { stage, server } = open();
    server.pending = Number.POSITIVE_INFINITY;
    const stop = new AbortController();
    const asked = expect(
      requestCertificate(settings, { ports: stage.ports, signal: stop.signal, commonName: 'x' }),
    ).rejects.toThrow();
    for (let poll = 0; poll < 2; poll++) await passing(stage, 10_000);
    stop.abort(new Error('enough'));
    await asked;
    expect([stage.clock.pending, stage.http.openSessions()]).toEqual([0, 0]);
  });

  it('asks for the extended key usage that it was told, and calls itself what its platform does', async () => {
    const { stage, server } = open();
    const told: ScepSettings = { ...settings, extendedKeyUsage: ['clientAuth', 'emailProtection'] };
    const { ports, signal } = stage;
    await requestCertificate(told, { ports, signal, commonName: 'x', userAgent: 'a client/1.0' });
    const content = server.requests[0]?.content;
    expect(content).toMatchObject({ csr: { extendedKeyUsage: ['clientAuth', 'emailProtection'] } });
    expect(new Set(stage.http.requests.map(({ headers }) => headers?.['User-Agent']))).toEqual(
      new Set(['a client/1.0']),
    );
    await request(stage);
    expect(stage.http.requests.at(-1)?.headers).not.toHaveProperty('User-Agent');
  });

  it('names itself by the payload where the subject is empty', async () => {
    const { stage, server } = open();
    await request(stage, { subject: [], keyUsage: [] });
    const content = server.requests[0]?.content;
    expect(content).toMatchObject({ csr: { subject: [[['CN', 'fallback']]] } });
    expect(content).not.toHaveProperty('csr.keyUsage');
  });

  it.each([
    ['AES\nSHA-256\nPOSTPKIOperation', 'POST', 'aes-128-cbc', 'sha256'],
    ['SCEPStandard', 'POST', 'aes-128-cbc', 'sha256'],
    ['DES3\nSHA-1', 'GET', 'des-ede3-cbc', 'sha1'],
    ['', 'GET', 'des-ede3-cbc', 'sha1'],
    [undefined, 'GET', 'des-ede3-cbc', 'sha1'],
  ])('does what a server with the capabilities %j can', async (capabilities, method, cipher, digest) => {
    const { stage, server } = open();
    server.capabilities = capabilities;
    await request(stage);
    expect(server.transfers).toEqual([method]);
    expect(server.requests[0]).toMatchObject({ cipher: { name: cipher }, digest });
  });

  it.each(['des-cbc', 'des-ede3-cbc', 'aes-256-cbc'] as const)('reads an answer in %s with SHA-1', async (cipher) => {
    const { stage, server } = open();
    server.cipher = cipher;
    server.digest = 'sha1';
    await expect(request(stage)).resolves.toBeDefined();
  });

  it.each([
    ['https://mdm.test/scep?tenant=1', 'https://mdm.test/scep?tenant=1&operation=GetCACert&message=My%20CA'],
    ['https://mdm.test/scep', 'https://mdm.test/scep?operation=GetCACert&message=My%20CA'],
    ['https://mdm.test/scep/?', 'https://mdm.test/scep/?operation=GetCACert&message=My%20CA'],
  ])('adds its query to %s', async (url, first) => {
    const { stage } = open();
    await request(stage, { url, caName: 'My CA' });
    expect(stage.http.requests[0]?.url).toBe(first);
  });

  it('waits as often and as long as the payload says while the answer is pending', async () => {
    const { stage, server } = open();
    server.pending = 2;
    const asked = request(stage);
    for (let i = 0; i < 2; i++) await passing(stage, 10_000);
    await expect(asked).resolves.toBeDefined();
    expect(server.requests.map(({ messageType }) => messageType)).toEqual(['PKCSReq', 'CertPoll', 'CertPoll']);
    expect(new Set(server.requests.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(new Set(server.requests.map(({ senderNonce }) => senderNonce.toString('hex'))).size).toBe(3);
  });

  it('gives up when the retries are used up', async () => {
    const { stage, server } = open();
    server.pending = 99;
    const asked = expect(request(stage, { retries: 1 })).rejects.toMatchObject({ code: 'SCEP_PENDING', retry: true });
    await passing(stage, 10_000);
    await asked;
  });

  it('pauses for a second at least, and waits for a day at most, whatever the payload says', async () => {
    const { stage, server } = open();
    server.pending = Number.POSITIVE_INFINITY;
    const stop = new AbortController();
    const hurried = expect(
      requestCertificate(
        { ...settings, retries: 1_000_000, retryDelaySeconds: 0 },
        { ports: stage.ports, signal: stop.signal, commonName: 'x' },
      ),
    ).rejects.toThrow();
    for (let poll = 1; poll <= 3; poll++) {
      await passing(stage, 999);
      expect(server.requests).toHaveLength(poll);
      await stage.clock.advance(1);
      await eventually(() => server.requests.length === poll + 1);
    }
    stop.abort(new Error('enough'));
    await hurried;
    const patient = expect(request(stage, { retries: 1_000_000, retryDelaySeconds: 6 * 3600 })).rejects.toMatchObject({
      code: 'SCEP_PENDING',
    });
    for (let poll = 0; poll < 4; poll++) await passing(stage, 6 * 3_600_000);
    await patient;
  });

  it.each(Object.keys(failInfos) as (keyof typeof failInfos)[])('names the failure %s', async (failInfo) => {
    const { stage, server } = open();
    server.failInfo = failInfo;
    await expect(request(stage)).rejects.toMatchObject({
      code: 'SCEP_FAILED',
      details: { failInfo, step: 'PKIOperation' },
    });
  });

  it('refuses an answer with another nonce, and one for another transaction', async () => {
    const { stage, server } = open();
    server.bend = (rep) => ({ ...rep, recipientNonce: Buffer.alloc(16) });
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { reason: 'nonce' } });
    server.bend = (rep) => ({ ...rep, transactionId: 'another' });
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { reason: 'transaction' } });
  });

  it('refuses an answer that a stranger signed', async () => {
    const { stage, server } = open();
    const stranger = { certificate: other.certificate, key: memoryKeysOf(other) };
    server.bend = (rep) => ({ ...rep, ca: stranger });
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { reason: 'signer' } });
  });

  it('refuses a certificate for another key', async () => {
    const { stage, server } = open();
    server.bend = (rep) => (rep.pkiStatus === 'success' ? { ...rep, certificates: [other.certificate] } : rep);
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { step: 'PKIOperation' } });
  });

  it('refuses a certificate that has expired already', async () => {
    const { stage, server } = open();
    await stage.clock.advance(1000);
    server.lifetimeMs = -1;
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { reason: 'certificate' } });
  });

  it('does not mind what lies beside its certificate', async () => {
    const { stage, server } = open();
    const garbage = Buffer.concat([Buffer.of(0x30, 0x03), Buffer.from('abc')]);
    server.bend = (rep) =>
      rep.pkiStatus === 'success' ? { ...rep, certificates: [garbage, ...rep.certificates, garbage] } : rep;
    expect((await request(stage)).chain).toEqual([]);
  });

  it.each(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)(
    'checks CAFingerprint by %s',
    async (digest) => {
      const { stage } = open();
      await expect(request(stage, { caFingerprint: fingerprint(ca.certificate, digest) })).resolves.toBeDefined();
      await expect(request(stage, { caFingerprint: fingerprint(other.certificate, digest) })).rejects.toMatchObject({
        code: 'SCEP_FAILED',
        details: { step: 'GetCACert', reason: 'fingerprint' },
      });
    },
  );

  it('asks only the authority that the fingerprint names, whatever lies beside it, and believes no other', async () => {
    const { stage, server } = open();
    server.chain = [other.certificate, ca.certificate];
    const caFingerprint = fingerprint(ca.certificate, 'sha256');
    await expect(request(stage, { caFingerprint })).resolves.toBeDefined(); // only the CA's key opens the request
    server.bend = (rep) => ({ ...rep, ca: { certificate: other.certificate, key: memoryKeysOf(other) } });
    await expect(request(stage, { caFingerprint })).rejects.toMatchObject({ details: { reason: 'signer' } });
  });

  it('asks for a renewal by RenewalReq where it is told to, of a server that knows that and issued the certificate', async () => {
    const { stage, server } = open();
    await request(stage, {}, { certificate: ca.certificate });
    expect(server.requests.at(-1)?.messageType).toBe('RenewalReq');
    server.capabilities = 'AES\nSHA-256\nPOSTPKIOperation';
    await request(stage, {}, { certificate: ca.certificate });
    expect(server.requests.at(-1)?.messageType).toBe('PKCSReq');
  });

  it.each([
    ['GetCACert', { status: 500 }],
    ['GetCACert', { status: 200, body: Buffer.from('nonsense') }],
    ['GetCACert', { status: 200, body: Buffer.from('<html>'), headers: { 'content-type': 'text/html' } }],
    ['PKIOperation', { status: 500 }],
    ['PKIOperation', { status: 200, body: Buffer.from('nonsense') }],
    ['PKIOperation', { status: 200, body: Buffer.alloc(0) }],
  ])('a %s answered %j is a failure of that step', async (step, answer) => {
    const { stage, server } = open();
    stage.server.override = (asked) => (asked.url.includes(step) ? answer : server.answer(asked));
    await expect(request(stage)).rejects.toMatchObject({ code: 'SCEP_FAILED', details: { step } });
  });

  it('a lost connection keeps its name', async () => {
    const { stage } = open();
    stage.server.override = () => {
      throw agentError('TRANSPORT_LOST', 'gone');
    };
    await expect(request(stage)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
  });

  it('devices that share a key do not share a transaction', async () => {
    const { stage, server } = open();
    const key = await memoryKeys().take(2048);
    const shared = { ...stage.ports, keys: { ...stage.ports.keys, take: async () => key } };
    for (let i = 0; i < 2; i++) {
      await requestCertificate(settings, { ports: shared, signal: stage.signal, commonName: 'x' });
    }
    const [first, second] = server.requests;
    expect(first?.transactionId).not.toBe(second?.transactionId);
  });
});

/** Lets what waits on the clock begin to wait, then passes the time. */
async function passing(stage: Stage, ms: number): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  await stage.clock.advance(ms);
}
