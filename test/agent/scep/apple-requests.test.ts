// What Apple's SCEP client writes, as openssl reads it.
import { createHash, createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeviceKey } from '../../../agent/model/ports.js';
import type { ScepClientOptions } from '../../../agent/scep/client.js';
import { caRaCertType } from '../../../protocol/scep/ca-certificates.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { buildName } from '../../../protocol/x509/name.js';
import { rsaKey } from '../../support/keys.js';
import { describeWith, openssl } from '../../support/programs.js';
import type { Stage } from '../platform/ios/harness.js';
import { isLifted, openApple, request, settings } from './apple-stage.js';
import { bundleOf, issue, type OpensslParty } from './pki.js';

describeWith('openssl')("Apple's SCEP client", () => {
  let ca: OpensslParty;

  beforeAll(() => {
    ca = issue('CA', { isCa: true });
  });
  const open = () => openApple(ca);

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
