// Apple's SCEP client before servers with one fault each: what they answer.
import { beforeAll, describe, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import { caRaCertType } from '../../../protocol/scep/ca-certificates.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { buildDegenerate, createCmsSigner, envelop } from '../../../protocol/x509/cms.js';
import { describeWith, openssl } from '../../support/programs.js';
import { inFile } from '../platform/ios/harness.js';
import { isLifted, lenient, openApple, refused, request } from './apple-stage.js';
import { bundleOf, issue, type OpensslParty } from './pki.js';
import type { Party } from './server.js';

describeWith('openssl')("Apple's SCEP client", () => {
  let ca: OpensslParty;
  let other: OpensslParty;
  beforeAll(() => {
    ca = issue('CA', { isCa: true });
    other = issue('Other CA', { isCa: true });
  });
  const open = () => openApple(ca);

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
});
