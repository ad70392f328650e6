import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeAuthority } from '../../../agent/scep/judged-authority.js';
import { readCaCertificates } from '../../../protocol/scep/ca-certificates.js';
import { readCapabilities } from '../../../protocol/scep/capabilities.js';
import { buildIssuerAndSubject, buildSignerCertificate } from '../../../protocol/scep/request.js';
import { readPem } from '../../../protocol/x509/pem.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import {
  askScep,
  enrolledClient,
  fetchChallenge,
  newKey,
  openStub,
  postScep,
  type Stub,
  signerFor,
  user1,
} from '../ios/stub.js';

const challengeOf = async (stub: Stub) => (await fetchChallenge(stub, user1)).challenge;
const dayMs = 24 * 3_600_000;

describe('GetCACaps and GetCACert', () => {
  it('say what the server can do and who it is', async () => {
    const stub = await openStub();
    const caps = readCapabilities((await stub.send('/scep?operation=GetCACaps')).body.toString());
    expect(caps).toMatchObject({ renewal: true, scepStandard: true, post: true, aes: true, sha256: true });
    const reply = await stub.send('/scep?operation=GetCACert&message=rollcall');
    expect(reply.headers['content-type']).toBe('application/x-x509-ca-cert');
    expect(new X509Certificate(reply.body).raw).toEqual(new X509Certificate(stub.authority.caPem).raw);
  });

  it('answer with two certificates where there is a registration authority, and serve through it', async () => {
    const stub = await openStub({ registrationAuthority: true });
    const reply = await stub.send('/scep?operation=GetCACert');
    expect(reply.headers['content-type']).toBe('application/x-x509-ca-ra-cert');
    const { ca, recipient } = readCaCertificates(reply.body);
    expect(ca).not.toEqual(recipient);
    expect(judgeAuthority(reply.body, 'application/x-x509-ca-ra-cert')).toMatchObject({
      ca,
      recipient,
      signer: recipient,
    });
    const { answer, certificate } = await askScep(stub, { challenge: await challengeOf(stub), request: { recipient } });
    expect(answer?.signer).toEqual(recipient);
    expect(new X509Certificate(certificate ?? '').checkIssued(new X509Certificate(ca))).toBe(true);
  });

  it('refuse an operation that is not known', async () => {
    const stub = await openStub();
    for (const query of ['', '?operation=Delete', '?operation=PKIOperation', '?operation=PKIOperation&message=%00']) {
      expect((await stub.send(`/scep${query}`)).status).toBe(400);
    }
    expect(stub.lines().map(({ event }) => event)).toEqual(Array(4).fill('MESSAGE_REFUSED'));
  });
});

describe('PKIOperation', () => {
  it('issues for a challenge, and answers nonce and transaction back', async () => {
    const stub = await openStub();
    const senderNonce = randomBytes(16);
    const request = { senderNonce, transactionId: 'transaction 1' };
    const { answer, certificate } = await askScep(stub, { challenge: await challengeOf(stub), request });
    expect(answer).toMatchObject({ pkiStatus: 'success', transactionId: 'transaction 1', recipientNonce: senderNonce });
    expect(answer?.certificates).toHaveLength(1); // alone: phones take the first, and encoders may sort
    const issued = new X509Certificate(certificate ?? '');
    expect(issued.verify(new X509Certificate(stub.authority.caPem).publicKey)).toBe(true);
    expect(issued.subject).toBe('CN=a device');
    expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']); // clientAuth
  });

  it.each(['des-cbc', 'des-ede3-cbc', 'aes-256-cbc'] as const)('reads and answers in %s', async (cipher) => {
    const stub = await openStub();
    const request = { cipher, digest: cipher === 'des-cbc' ? ('sha1' as const) : ('sha512' as const) };
    const { answer } = await askScep(stub, { challenge: await challengeOf(stub), request });
    expect(answer?.pkiStatus).toBe('success');
  });

  it('works by GET, the base64 escaped or not', async () => {
    const stub = await openStub();
    for (const encode of [encodeURIComponent, (text: string) => text]) {
      const challenge = await challengeOf(stub);
      const { certificate, reply } = await askScep(stub, { challenge, by: 'GET', encode });
      expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/x-pki-message']);
      const issued = new X509Certificate(certificate ?? '');
      expect(issued.verify(new X509Certificate(stub.authority.caPem).publicKey)).toBe(true);
    }
  });

  it('takes a challenge once: the second request with it is badRequest', async () => {
    const stub = await openStub();
    const challenge = await challengeOf(stub);
    expect((await askScep(stub, { challenge })).answer?.pkiStatus).toBe('success');
    const before = stub.authority.counters.certificates;
    expect((await askScep(stub, { challenge })).answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badRequest' });
    expect(stub.authority.counters.certificates).toBe(before);
    expect(stub.lines()).toMatchObject([{ event: 'SCEP_REFUSED', reason: 'the challenge is used' }]);
  });

  it('refuses a challenge that is missing, guessed or past its time', async () => {
    const stub = await openStub();
    const challenge = await challengeOf(stub);
    await stub.clock.advance(31 * 60_000);
    for (const attempt of [{}, { challenge: 'guess' }, { challenge }]) {
      expect((await askScep(stub, attempt)).answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badRequest' });
    }
    const refused = stub.lines().filter(({ event }) => event === 'SCEP_REFUSED');
    expect(refused.map(({ reason }) => reason)).toEqual([
      'there is no challenge in the request',
      'the challenge is unknown',
      'the challenge is expired',
    ]);
  });

  it('answers the same request again with the same certificate', async () => {
    const stub = await openStub();
    const first = await askScep(stub, { challenge: await challengeOf(stub) });
    const before = stub.authority.counters.certificates;
    const again = await first.send();
    expect(again.certificate).toEqual(first.certificate);
    expect(again.certificate).toBeInstanceOf(Buffer);
    expect(stub.authority.counters.certificates).toBe(before);
  });

  it('refuses a signing time that is far from now, where a limit is set: badTime', async () => {
    const stub = await openStub({ scep: { signingSkewMs: 60_000 } });
    const challenge = await challengeOf(stub);
    const request = { signingTime: new Date(stub.clock.now() - 120_000) };
    expect((await askScep(stub, { challenge, request })).answer).toMatchObject({ failInfo: 'badTime' });
    expect((await askScep(stub, { challenge })).answer?.pkiStatus).toBe('success');
  });

  it('uses a challenge up only when it was worth a certificate', async () => {
    const stub = await openStub();
    const challenge = await challengeOf(stub);
    const key = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }); // not a curve that is certified here
    const signing = newKey();
    const signer = { certificate: signerFor(stub, signing), key: signing.privateKey };
    const refused = await askScep(stub, { challenge, key, signer });
    expect(refused.answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badAlg' });
    const huge = await askScep(stub, { challenge, subject: [[['CN', 'x'.repeat(40_000)]]] });
    expect(huge.answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badRequest' });
    expect((await askScep(stub, { challenge })).answer?.pkiStatus).toBe('success');
  });

  it('refuses a nonce replayed in its transaction with another key', async () => {
    const stub = await openStub();
    const request = { transactionId: 'T', senderNonce: randomBytes(16) };
    await askScep(stub, { challenge: await challengeOf(stub), request });
    const challenge = await challengeOf(stub);
    const replayed = await askScep(stub, { challenge, request });
    expect(replayed.answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badRequest' });
    expect(stub.lines()).toMatchObject([{ event: 'SCEP_REFUSED' }]);
    expect((await askScep(stub, { challenge })).answer?.pkiStatus).toBe('success'); // it was not used up
  });

  it('refuses keys that are too short, and signers it cannot encrypt to', async () => {
    const stub = await openStub();
    const signing = newKey();
    const small = await askScep(stub, {
      challenge: await challengeOf(stub),
      key: newKey(512),
      signer: { certificate: signerFor(stub, signing), key: signing.privateKey },
    });
    expect(small.answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badAlg' });
    expect(stub.lines()).toMatchObject([{ event: 'SCEP_REFUSED', reason: 'an RSA key of 512 bits' }]);
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const now = new Date(stub.clock.now());
    const certificate = buildSignerCertificate({ subject: [[['CN', 'ec']]], key, now, random: (n) => randomBytes(n) });
    const signer = { certificate, key: key.privateKey };
    const ec = await askScep(stub, { challenge: await challengeOf(stub), signer });
    expect(ec.answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badAlg' });
  });

  it('issues for an EC key whose request was signed by an RSA key', async () => {
    const stub = await openStub();
    const shared = newKey();
    const now = new Date(stub.clock.now());
    const certificate = buildSignerCertificate({
      subject: [[['CN', 'x']]],
      key: shared,
      now,
      random: (n) => randomBytes(n),
    });
    const { answer } = await askScep(stub, {
      challenge: await challengeOf(stub),
      key: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      signer: { certificate, key: shared.privateKey },
    });
    expect(answer?.pkiStatus).toBe('success');
  });

  it('refuses what is encrypted to somebody else: badMessageCheck', async () => {
    const stub = await openStub();
    const other = newKey(2048);
    const now = new Date(stub.clock.now());
    const recipient = buildSignerCertificate({
      subject: [[['CN', 'x']]],
      key: other,
      now,
      random: (n) => randomBytes(n),
    });
    const { answer } = await askScep(stub, { challenge: await challengeOf(stub), request: { recipient } });
    expect(answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badMessageCheck' });
  });

  it('answers whatever is no pkiMessage with 400, and lives on', async () => {
    const stub = await openStub();
    const { message } = await askScep(stub, { challenge: 'x' });
    stub.lines();
    const damaged = Buffer.from(message);
    damaged[message.length - 3] = (damaged[message.length - 3] ?? 0) ^ 0xff;
    const bodies = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      message.subarray(0, 200),
      damaged,
      Buffer.concat([message, message]),
      Buffer.alloc(100_000, 0x30),
      Buffer.from('3080'.repeat(500), 'hex'),
    ];
    for (const body of bodies) expect((await postScep(stub, body)).status).toBe(400);
    expect(stub.lines()).toHaveLength(bodies.length);
    expect((await askScep(stub, { challenge: await challengeOf(stub) })).answer?.pkiStatus).toBe('success');
  });
});

describe('RenewalReq', () => {
  const renew = (stub: Stub, signer: { certificate: Buffer; key: import('node:crypto').KeyObject }) =>
    askScep(stub, { signer, request: { messageType: 'RenewalReq' } });

  it('needs no challenge from who holds a valid certificate, and the new one speaks for the same device', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { key, certificate } = await renew(stub, client);
    expect(certificate).toBeDefined();
    const body = Buffer.from(
      `<plist><dict><key>UDID</key><string>${client.udid}</string><key>Status</key><string>Idle</string></dict></plist>`,
    );
    const renewed = Object.assign(Object.create(Object.getPrototypeOf(client)), client, {
      certificate,
      key: key.privateKey,
    }) as typeof client;
    expect((await renewed.put('/mdm', body)).status).toBe(200);
  });

  it('is refused to an expired, a revoked and a foreign certificate', async () => {
    const stub = await openStub({ deviceCertificateMs: 10 * dayMs });
    const client = await enrolledClient(stub);
    const gone = await enrolledClient(stub);
    await gone.checkOut();
    const key = newKey();
    const now = new Date(stub.clock.now());
    const foreign = buildSignerCertificate({ subject: [[['CN', 'x']]], key, now, random: (n) => randomBytes(n) });
    expect((await renew(stub, { certificate: foreign, key: key.privateKey })).answer?.failInfo).toBe('badCertId');
    expect((await renew(stub, gone)).answer?.failInfo).toBe('badCertId');
    await stub.clock.advance(11 * dayMs);
    expect((await renew(stub, client)).answer?.failInfo).toBe('badCertId');
  });
});

describe('manual approval', () => {
  it('answers PENDING until somebody approves; the poll then brings the certificate', async () => {
    const stub = await openStub({ scep: { approval: 'manual' } });
    const [ca] = readPem(stub.authority.caPem);
    const transactionId = 'wait for me';
    const first = await askScep(stub, { challenge: await challengeOf(stub), request: { transactionId } });
    expect(first.answer?.pkiStatus).toBe('pending');
    const poll = (key = first.key) =>
      askScep(stub, {
        key,
        request: {
          messageType: 'CertPoll',
          transactionId,
          content: buildIssuerAndSubject(ca?.der ?? Buffer.alloc(0), [[['CN', 'a device']]]),
        },
      });
    expect((await poll()).answer?.pkiStatus).toBe('pending');
    expect(stub.authority.scep.pending()).toMatchObject([{ transactionId }]);
    stub.authority.scep.approve(transactionId);
    expect((await poll(newKey())).answer).toMatchObject({ pkiStatus: 'failure', failInfo: 'badMessageCheck' });
    expect((await poll()).certificate).toBeDefined();
  });

  it('answers a rejected request with a failure, and an unknown poll with badCertId', async () => {
    const stub = await openStub({ scep: { approval: 'manual' } });
    const transactionId = 'no';
    const first = await askScep(stub, { challenge: await challengeOf(stub), request: { transactionId } });
    stub.authority.scep.reject(transactionId);
    expect((await postScep(stub, first.message)).status).toBe(200);
    const [ca] = readPem(stub.authority.caPem);
    const content = buildIssuerAndSubject(ca?.der ?? Buffer.alloc(0), [[['CN', 'a device']]]);
    const poll = (id: string) =>
      askScep(stub, { key: first.key, request: { messageType: 'CertPoll', transactionId: id, content } });
    expect((await poll(transactionId)).answer).toMatchObject({ failInfo: 'badRequest' });
    expect((await poll('other')).answer).toMatchObject({ failInfo: 'badCertId' });
  });
});

describeWith('pki')('strongSwan as the SCEP client', () => {
  it('fetches the CA and enrolls', async () => {
    const stub = await openStub({ tls: false });
    const folder = temporaryFolder();
    const url = `${stub.authority.url}/scep`;
    const [ca, key, certificate] = ['ca.pem', 'key.pem', 'certificate.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await run('pki', ['--scepca', '--url', url, '--outform', 'pem', '--caout', ca, '--force']);
    expect(new X509Certificate(readFileSync(ca)).raw).toEqual(new X509Certificate(stub.authority.caPem).raw);
    writeFileSync(key, newKey(2048).privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    // Triple DES, because strongSwan 5.9.8 refuses AES whatever the server says it can do.
    const issued = await run('pki', [
      ...[
        '--scep',
        '--url',
        url,
        '--in',
        key,
        '--dn',
        'O=Contoso, CN=strong device',
        '--outform',
        'pem',
        '--cipher',
        'des3',
      ],
      ...['--password', await challengeOf(stub), '--cacert-enc', ca, '--cacert-sig', ca, '--cacert', ca],
    ]);
    writeFileSync(certificate, issued);
    expect(new X509Certificate(issued).subject).toBe('O=Contoso\nCN=strong device');
    const at = String(Math.floor(stub.clock.now() / 1000));
    const verdict = openssl(['verify', '-attime', at, '-purpose', 'sslclient', '-CAfile', ca, certificate]);
    expect(verdict.toString()).toContain('OK');
  });

  it('is refused a challenge that was used', async () => {
    const stub = await openStub({ tls: false });
    const folder = temporaryFolder();
    const [ca, key] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
    writeFileSync(ca, stub.authority.caPem);
    writeFileSync(key, newKey(2048).privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    const challenge = await challengeOf(stub);
    await askScep(stub, { challenge });
    const url = `${stub.authority.url}/scep`;
    const attempt = run('pki', [
      ...['--scep', '--url', url, '--in', key, '--dn', 'CN=x', '--password', challenge, '--cipher', 'des3'],
      ...['--cacert-enc', ca, '--cacert-sig', ca, '--cacert', ca],
    ]);
    await expect(attempt).rejects.toThrow(/badRequest/);
  });
});

/** The stub runs in this process, so the program must not hold it up. */
async function run(program: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'buffer' }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(stderr.toString(), { cause: error })),
    );
  });
}
