// Apple's SCEP client: servers with one fault each, what a device refuses there, and what it writes itself.
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import type { Leniency } from '../../../agent/model/leniency.js';
import type { DeviceKey } from '../../../agent/model/ports.js';
import { appleScepRules } from '../../../agent/platform/ios/scep-rules.js';
import { requestCertificate, type ScepClientOptions } from '../../../agent/scep/client.js';
import { caCertType, caRaCertType } from '../../../protocol/scep/ca-certificates.js';
import type { ScepSettings } from '../../../protocol/scep/settings.js';
import { fingerprint, readCertificate } from '../../../protocol/x509/certificate.js';
import { buildDegenerate, createCmsSigner, envelop } from '../../../protocol/x509/cms.js';
import { buildName } from '../../../protocol/x509/name.js';
import { rsaKey } from '../../support/keys.js';
import { describeWith, openssl } from '../../support/programs.js';
import { inFile, openStage, type Stage } from '../platform/ios/harness.js';
import { bundleOf, issue, type OpensslParty } from './pki.js';
import { type Party, ScepServer } from './server.js';

const settings: ScepSettings = {
  url: 'https://mdm.test/scep',
  subject: [[['O', 'Example']], [['CN', 'Ada']]],
  challenge: 'secret',
  keySizeBits: 2048,
  keyUsage: ['digitalSignature'],
  retries: 3,
  retryDelaySeconds: 10,
};

const lenient: ReadonlySet<Leniency> = new Set(['scep'] as const);

describeWith('openssl')("Apple's SCEP client", () => {
  let ca: OpensslParty;
  let other: OpensslParty;
  beforeAll(() => {
    ca = issue('CA', { isCa: true });
    other = issue('Other CA', { isCa: true });
  });

  function open(): { stage: Stage; server: ScepServer } {
    const stage = openStage();
    const server = new ScepServer(
      { certificate: ca.certificate, keyPem: ca.key.export({ type: 'pkcs8', format: 'pem' }).toString() },
      () => new Date(stage.clock.now()),
    );
    server.capabilities = 'AES\nPOSTPKIOperation\nSHA-256\n';
    stage.server.override = (request) => server.answer(request);
    return { stage, server };
  }
  const request = (stage: Stage, changes: Partial<ScepSettings> = {}, options: Partial<ScepClientOptions> = {}) =>
    requestCertificate(
      { ...settings, ...changes },
      {
        ports: stage.ports,
        signal: stage.signal,
        commonName: 'fallback',
        rules: appleScepRules,
        tell: stage.view.tell,
        ...options,
      },
    );
  const refused = (reason: string, step: string) =>
    expect.objectContaining({ code: 'SCEP_FAILED', details: expect.objectContaining({ reason, step }) });

  /** Refused by a device, and told as lifted where the user lifts it. */
  async function isLifted(stage: Stage, reason: string, step: string, changes: Partial<ScepSettings> = {}) {
    const lifted = () => stage.happenings.filter(({ type }) => type === 'lifted');
    await expect(request(stage, changes)).rejects.toEqual(refused(reason, step));
    const error = await request(stage, changes).catch((thrown: unknown) => thrown);
    expect(lifted()).toEqual([]);
    await expect(request(stage, changes, { lenient })).resolves.toBeDefined();
    const message = (error as Error).message;
    expect(lifted()).toEqual([{ type: 'lifted', lenient: 'scep', code: 'SCEP_FAILED', message }]);
  }

  describe('GetCACaps', () => {
    it.each([
      ['nothing', '', 200],
      ['404', undefined, 200],
      ['500, whatever it says', 'SHA-256\nAES\nPOSTPKIOperation\n', 500],
      ['ciphers alone', 'AES\nDES3\nPOSTPKIOperation\n', 200],
      ['SCEPStandard alone', 'SCEPStandard\n', 200],
      ['a digest in small letters', 'sha-256\nAES\nPOSTPKIOperation\n', 200],
      ['MD5', 'MD5\n', 200],
    ])('answered with %s has no digest, and is refused', async (_, capabilities, status) => {
      const { stage, server } = open();
      server.capabilities = capabilities;
      server.capabilitiesStatus = status;
      await isLifted(stage, 'capabilities', 'GetCACaps');
    });

    it('tells what to do at the server', async () => {
      const { stage, server } = open();
      server.capabilities = '';
      await expect(request(stage)).rejects.toMatchObject({ hint: expect.stringContaining('SHA-256') });
    });

    it.each([
      ['SHA-1\nSHA-256\nSHA-512\nAES', 'sha512', 'aes-128-cbc', 'GET'],
      ['SHA-256\r\nSHA-1\r\nDES3\r\nPOSTPKIOperation', 'sha256', 'des-ede3-cbc', 'POST'],
      ['SHA-1', 'sha1', 'des-ede3-cbc', 'GET'],
    ])('%j is done with %s and %s by %s', async (capabilities, digest, cipher, method) => {
      const { stage, server } = open();
      server.capabilities = capabilities;
      await request(stage);
      expect(server.requests[0]).toMatchObject({ digest, cipher: { name: cipher } });
      expect(server.transfers).toEqual([method]);
    });

    it('is asked after GetCACert', async () => {
      const { stage } = open();
      await request(stage);
      expect(stage.http.requests.map(({ url }) => new URL(url).searchParams.get('operation'))).toEqual([
        'GetCACert',
        'GetCACaps',
        'PKIOperation',
      ]);
    });
  });

  describe('GetCACert', () => {
    it.each(['application/octet-stream', 'text/plain', '', `${caCertType}; charset=utf-8`])(
      'with the content type %j is refused',
      async (contentType) => {
        const { stage, server } = open();
        server.caAnswer = { body: ca.certificate, contentType };
        const types = contentType.startsWith('text');
        if (types) await expect(request(stage)).rejects.toEqual(refused('content-type', 'GetCACert'));
        else await isLifted(stage, 'content-type', 'GetCACert');
      },
    );

    it('is read as the form that its content type names, and no other', async () => {
      const { stage, server } = open();
      server.caAnswer = { body: ca.certificate, contentType: caRaCertType };
      await isLifted(stage, 'malformed', 'GetCACert');
      const again = open();
      again.server.caAnswer = { body: bundleOf(ca), contentType: caCertType };
      await isLifted(again.stage, 'malformed', 'GetCACert');
    });

    it('with one certificate takes it whatever its key usage says', async () => {
      const sole = issue('Sole', { isCa: true, keyUsage: 'keyCertSign,cRLSign' });
      const { stage, server } = open();
      server.caAnswer = { body: sole.certificate, contentType: caCertType };
      server.opens = server.signs = sole;
      await expect(request(stage)).resolves.toBeDefined();
    });

    it.each([
      ['nothing about its key usage', undefined],
      ['certificates and revocation lists alone', 'keyCertSign,cRLSign'],
      ['signing alone', 'digitalSignature,keyCertSign'],
      ['enciphering alone', 'keyEncipherment,keyCertSign'],
    ])('with a bundle of one whose key usage says %s is refused', async (_, keyUsage) => {
      const sole = issue('Sole', { isCa: true, keyUsage });
      const { stage, server } = open();
      server.caAnswer = { body: bundleOf(sole), contentType: caRaCertType };
      server.opens = server.signs = sole;
      await isLifted(stage, 'ra', 'GetCACert');
    });

    it('finds the one that may both sign and decrypt, wherever it lies', async () => {
      const ra = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, ca);
      for (const bundle of [bundleOf(ra, ca), bundleOf(ca, ra)]) {
        const { stage, server } = open();
        server.caAnswer = { body: bundle, contentType: caRaCertType };
        server.opens = server.signs = ra;
        await expect(request(stage)).resolves.toBeDefined();
      }
    });

    it('prefers two that do one each, as NDES has them', async () => {
      const signing = issue('RA signs', { keyUsage: 'digitalSignature' }, ca);
      const decrypting = issue('RA decrypts', { keyUsage: 'keyEncipherment' }, ca);
      const both = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, ca);
      const { stage, server } = open();
      server.caAnswer = { body: bundleOf(both, signing, ca, decrypting), contentType: caRaCertType };
      server.opens = decrypting;
      server.signs = signing;
      await expect(request(stage)).resolves.toBeDefined();
      server.signs = decrypting; // may not
      await expect(request(stage)).rejects.toEqual(refused('signer', 'PKIOperation'));
    });

    it('refuses two that come from different authorities', async () => {
      const signing = issue('RA signs', { keyUsage: 'digitalSignature' }, ca);
      const decrypting = issue('RA decrypts', { keyUsage: 'keyEncipherment' }, other);
      const { stage, server } = open();
      server.caAnswer = { body: bundleOf(ca, other, signing, decrypting), contentType: caRaCertType };
      await expect(request(stage)).rejects.toEqual(refused('ra', 'GetCACert'));
    });

    it('refuses an RA that the authority of the fingerprint did not issue', async () => {
      const foreign = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, other);
      const { stage, server } = open();
      server.caAnswer = { body: bundleOf(ca, other, foreign), contentType: caRaCertType };
      const caFingerprint = fingerprint(ca.certificate, 'sha256');
      await expect(request(stage, { caFingerprint })).rejects.toEqual(refused('ra', 'GetCACert'));
      server.opens = server.signs = foreign;
      await expect(request(stage, { caFingerprint: fingerprint(other.certificate, 'sha256') })).resolves.toBeDefined();
    });

    it('takes the fingerprint of any certificate on the way up, the RA among them', async () => {
      const sub = issue('Issuing CA', { isCa: true, keyUsage: 'keyCertSign' }, ca);
      const ra = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, sub);
      const { stage, server } = open();
      server.caAnswer = { body: bundleOf(ca, sub, ra), contentType: caRaCertType };
      server.opens = server.signs = ra;
      for (const { certificate } of [ca, sub, ra]) {
        const caFingerprint = fingerprint(certificate, 'sha384');
        await expect(request(stage, { caFingerprint })).resolves.toBeDefined();
      }
      const caFingerprint = fingerprint(other.certificate, 'sha384');
      await expect(request(stage, { caFingerprint })).rejects.toEqual(refused('fingerprint', 'GetCACert'));
    });

    it('refuses a bundle that somebody signed', async () => {
      const ra = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, ca);
      const { stage, server } = open();
      const body = openssl([
        ...['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER', '-signer', ra.file('cert.pem')],
        ...['-inkey', ra.file('key.pem'), '-certfile', ca.file('cert.pem')],
      ]);
      server.caAnswer = { body, contentType: caRaCertType };
      server.opens = server.signs = ra;
      await isLifted(stage, 'malformed', 'GetCACert');
    });

    it('refuses to encrypt to a key that is not RSA', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const ec = issue('EC', { isCa: true, key: privateKey });
      const { stage, server } = open();
      server.caAnswer = { body: ec.certificate, contentType: caCertType };
      await expect(request(stage)).rejects.toEqual(refused('recipient', 'PKIOperation'));
      await expect(request(stage)).rejects.toMatchObject({ hint: expect.stringContaining('RSA') });
    });
  });

  describe('an answer', () => {
    const asParty = ({ certificate, key }: Party): Party => ({ certificate, key });

    it('is believed of the RA alone, not of the CA behind it and not of another that the CA issued', async () => {
      const ra = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, ca);
      const sibling = issue('Sibling', { keyUsage: 'digitalSignature' }, ca);
      for (const signer of [ca, sibling]) {
        const { stage, server } = open();
        server.caAnswer = { body: bundleOf(ra, ca), contentType: caRaCertType };
        server.opens = ra;
        server.signs = asParty(signer);
        await isLifted(stage, 'signer', 'PKIOperation');
      }
      const { stage, server } = open();
      server.signs = asParty(other);
      await expect(request(stage, {}, { lenient })).rejects.toEqual(refused('signer', 'PKIOperation'));
    });

    it('may leave out transaction and nonce, or have others: that is told and no more', async () => {
      const { stage, server } = open();
      server.bend = (rep) => ({ ...rep, recipientNonce: Buffer.alloc(16), transactionId: 'another' });
      await expect(request(stage)).resolves.toBeDefined();
      expect(stage.happenings).toMatchObject([
        { type: 'trouble', code: 'SCEP_FAILED', message: expect.stringContaining('another transaction') },
        { type: 'trouble', code: 'SCEP_FAILED', message: expect.stringContaining('nonce') },
      ]);
    });

    it('without messageType and pkiStatus is one that succeeded; with one of them alone it is none', async () => {
      const { stage, server } = open();
      server.write = (asked) => {
        const issued = buildDegenerate([server.issue((length) => Buffer.alloc(length, 7))]);
        const random = (length: number): Buffer => Buffer.alloc(length, 9);
        const envelope = envelop(issued, [asked.signer], { cipher: 'aes-128-cbc', random });
        return createCmsSigner(ca.certificate, ca.key).sign(envelope, new Date(stage.clock.now()));
      };
      await expect(request(stage)).resolves.toBeDefined();
      expect(stage.happenings.map((each) => 'message' in each && each.message)).toContainEqual(
        expect.stringContaining('neither messageType nor pkiStatus'),
      );
    });

    it('has the issued certificate in the first place, or is refused', async () => {
      const { stage, server } = open();
      server.bend = (rep) =>
        rep.pkiStatus === 'success' ? { ...rep, certificates: [ca.certificate, ...rep.certificates] } : rep;
      await isLifted(stage, 'key', 'PKIOperation');
      await expect(request(stage)).rejects.toMatchObject({ hint: expect.stringContaining('alone') });
      server.bend = (rep) =>
        rep.pkiStatus === 'success' ? { ...rep, certificates: [...rep.certificates, ca.certificate] } : rep;
      await expect(request(stage)).resolves.toBeDefined();
    });

    it('holds certificates alone: a bundle that has signers is refused', async () => {
      const { stage, server } = open();
      server.write = (asked) => {
        const random = (length: number): Buffer => Buffer.alloc(length, 9);
        const now = new Date(stage.clock.now());
        const chain = [server.issue((length) => Buffer.alloc(length, 7))];
        const signed = createCmsSigner(other.certificate, other.key, { chain }).sign(undefined, now);
        const envelope = envelop(signed, [asked.signer], { cipher: 'aes-128-cbc', random });
        return createCmsSigner(ca.certificate, ca.key).sign(envelope, now);
      };
      await expect(request(stage)).rejects.toEqual(refused('bundle', 'PKIOperation'));
    });

    it('is read in CBC of whatever cipher, and not in GCM', async () => {
      for (const cipher of ['des-cbc', 'des-ede3-cbc', 'aes-256-cbc'] as const) {
        const { stage, server } = open();
        server.cipher = cipher;
        await expect(request(stage)).resolves.toBeDefined();
      }
      const { stage, server } = open();
      server.write = (asked) => {
        const issued = buildDegenerate([server.issue((length) => Buffer.alloc(length, 7))]);
        const pem = openssl(['x509', '-inform', 'DER'], asked.signer);
        const sealed = ['cms', '-encrypt', '-binary', '-aes-128-gcm', '-outform', 'DER', inFile(pem, 'signer.pem')];
        const envelope = openssl(sealed, issued);
        return createCmsSigner(ca.certificate, ca.key).sign(envelope, new Date(stage.clock.now()));
      };
      await isLifted(stage, 'cipher', 'PKIOperation');
    });

    it('may bring a certificate of any issuer', async () => {
      const { stage, server } = open();
      const asked = server.issue.bind(server);
      server.issue = (random) => {
        const issued = asked(random);
        const key = readCertificate(issued).publicKey;
        const file = inFile(Buffer.from(key.export({ type: 'spki', format: 'pem' })), 'key');
        return openssl([
          ...['x509', '-new', '-force_pubkey', file, '-subj', '/CN=x', '-days', '2', '-outform', 'DER'],
          ...['-CA', other.file('cert.pem'), '-CAkey', other.file('key.pem')],
        ]);
      };
      const { certificate } = await request(stage);
      expect(readCertificate(certificate).issuerDer.equals(readCertificate(other.certificate).subjectDer)).toBe(true);
    });

    it('that fails is not asked for again, nor is one that is lost', async () => {
      const { stage, server } = open();
      server.failInfo = 'badRequest';
      await expect(request(stage)).rejects.toMatchObject({ details: { failInfo: 'badRequest' } });
      expect(server.requests).toHaveLength(1);
      let sent = 0;
      stage.server.override = (asked) => {
        if (asked.method !== 'POST') return server.answer(asked);
        sent++;
        throw agentError('TRANSPORT_LOST', 'the connection was closed');
      };
      await expect(request(stage)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
      expect(sent).toBe(1);
    });
  });

  describe('a request', () => {
    const own = (): DeviceKey => {
      const { privateKey, publicKey } = rsaKey();
      return { ref: { pkcs8: 'kept elsewhere' }, privateKey, publicKey };
    };
    const withKey = (stage: Stage, key: DeviceKey): Partial<ScepClientOptions> => ({
      ports: { ...stage.ports, keys: { ...stage.ports.keys, take: async () => key } },
    });

    it('is signed by a temporary certificate in a name of its own, as openssl reads it', async () => {
      const { stage, server } = open();
      await request(stage);
      const signer = server.requests[0]?.signer ?? Buffer.alloc(0);
      const text = openssl(['x509', '-inform', 'DER', '-noout', '-text'], signer).toString();
      for (const part of [
        /Version: 3/,
        /Serial Number: 1 \(0x1\)/,
        /Signature Algorithm: sha1WithRSAEncryption/,
        /Subject: CN ?= ?[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\n/,
        /X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\n/,
      ])
        expect(text).toMatch(part);
      expect(text.match(/X509v3 /g)).toEqual(['X509v3 ', 'X509v3 ']); // the heading, and the one extension
      const { notBefore, notAfter } = readCertificate(signer);
      expect(notAfter.getTime() - notBefore.getTime()).toBe(365 * 24 * 3_600_000);
      expect(notBefore.getTime()).toBe(Math.floor(stage.clock.now() / 1000) * 1000);
    });

    it('is one that openssl verifies, opens and reads, whole', async () => {
      const { stage } = open();
      await request(stage, {
        subjectAltName: { dNSName: 'a.test' },
        keyUsage: ['digitalSignature', 'keyEncipherment'],
      });
      const body = Buffer.from(stage.http.requests.at(-1)?.body ?? '');
      const envelope = openssl(['cms', '-verify', '-noverify', '-inform', 'DER', '-binary'], body);
      const opened = openssl(
        ['cms', '-decrypt', '-inform', 'DER', '-binary', '-recip', ca.file('cert.pem'), '-inkey', ca.file('key.pem')],
        envelope,
      );
      const text = openssl(['req', '-inform', 'DER', '-verify', '-noout', '-text'], opened).toString();
      expect(text).toMatch(/challengePassword\s*: ?secret/);
      const [names = -1, usage = -2] = ['DNS:a.test', 'Digital Signature, Key Encipherment'].map((each) =>
        text.indexOf(each),
      );
      expect(names).toBeGreaterThan(0);
      expect(usage).toBeGreaterThan(names);
      const shown = openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], body).toString();
      expect(shown.match(/d\.certificate:/g)).toHaveLength(1);
      const signed = ['113733.1.9.2', '113733.1.9.5', '113733.1.9.7', '113549.1.9.3', '113549.1.9.4', '113549.1.9.5'];
      for (const attribute of signed) expect(shown.split(`.${attribute})`)).toHaveLength(2);
    });

    it('names its transaction by the hash of its key, as openssl makes it', async () => {
      const { stage, server } = open();
      const key = own();
      await request(stage, {}, withKey(stage, key));
      const spki = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
      const pkcs1 = openssl(['rsa', '-pubin', '-RSAPublicKey_out', '-outform', 'DER'], Buffer.from(spki));
      const id = createHash('sha1').update(pkcs1).digest('hex').toUpperCase();
      expect(server.requests[0]?.transactionId).toBe(id);
    });

    it('of a key that others may have too has a random transaction of the same form', async () => {
      const { stage, server } = open();
      const shared = { ...own(), ref: { pool: 'shared' } };
      for (let i = 0; i < 2; i++) await request(stage, {}, withKey(stage, shared));
      const [first, second] = server.requests.map(({ transactionId }) => transactionId);
      expect(first).toMatch(/^[0-9A-F]{40}$/);
      expect(second).not.toBe(first);
    });

    it('writes names in PrintableString where the letters allow it', async () => {
      const { stage, server } = open();
      const subject = [[['O', 'Example Ltd']], [['CN', 'Ada_L']], [['EMAIL', 'ada@example.test']]] as const;
      await request(stage, { subject });
      const content = server.requests[0]?.content;
      if (content?.kind !== 'csr') return expect.unreachable();
      const shown = openssl(['asn1parse', '-inform', 'DER'], content.csr.der).toString();
      expect(shown).toMatch(/PRINTABLESTRING +:Example Ltd/);
      expect(shown).toMatch(/UTF8STRING +:Ada_L/);
      expect(shown).toMatch(/IA5STRING +:ada@example\.test/);
    });

    it.each([['DC'], ['cn'], ['SERIALNUMBER'], ['emailAddress']])(
      'with %s in its subject is one that a device cannot write',
      async (type) => {
        const { stage } = open();
        await isLifted(stage, 'subject', 'PKIOperation', { subject: [[['CN', 'Ada']], [[type, 'example']]] });
      },
    );

    it('asks for no key usage where the profile asks for none', async () => {
      const { stage, server } = open();
      await request(stage, { keyUsage: [] });
      expect(server.requests[0]?.content).not.toHaveProperty('csr.keyUsage');
    });

    it('by GET escapes the padding of base64 and nothing else', async () => {
      const { stage, server } = open();
      server.capabilities = 'SHA-256\nAES';
      await request(stage);
      const [, message = ''] = stage.http.requests.at(-1)?.url.split('&message=') ?? [];
      expect(message).toMatch(/^[A-Za-z0-9+/]+(%3D){0,2}$/);
      expect(message).toMatch(/[+/]/);
    });

    it('that polls is made with SHA-1 and triple DES, and names the transaction that the answer named', async () => {
      const ra = issue('RA', { keyUsage: 'digitalSignature,keyEncipherment' }, ca);
      const { stage, server } = open();
      server.capabilities = 'AES\nPOSTPKIOperation\nSHA-512';
      server.caAnswer = { body: bundleOf(ra, ca), contentType: caRaCertType };
      server.opens = server.signs = ra;
      server.pending = 1;
      server.bend = (rep) => (rep.pkiStatus === 'pending' ? { ...rep, transactionId: 'given by the server' } : rep);
      const asked = request(stage);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await stage.clock.advance(10_000);
      await asked;
      const [, poll] = server.requests;
      expect(poll).toMatchObject({
        messageType: 'CertPoll',
        digest: 'sha1',
        cipher: { name: 'des-ede3-cbc' },
        transactionId: 'given by the server',
        content: { kind: 'poll', issuer: [[['O', 'Example']], [['CN', 'RA']]] },
      });
      if (poll?.content.kind !== 'poll') return expect.unreachable();
      expect(poll.content.subjectDer).toEqual(buildName(settings.subject, 'printable'));
    });
  });
});
