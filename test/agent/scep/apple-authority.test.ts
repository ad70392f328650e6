// Apple's SCEP client before servers with one fault each: what they say of themselves.
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { caCertType, caRaCertType } from '../../../protocol/scep/ca-certificates.js';
import { fingerprint } from '../../../protocol/x509/certificate.js';
import { describeWith, openssl } from '../../support/programs.js';
import { isLifted, openApple, refused, request } from './apple-stage.js';
import { bundleOf, issue, type OpensslParty } from './pki.js';

describeWith('openssl')("Apple's SCEP client", () => {
  let ca: OpensslParty;
  let other: OpensslParty;
  beforeAll(() => {
    ca = issue('CA', { isCa: true });
    other = issue('Other CA', { isCa: true });
  });
  const open = () => openApple(ca);

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
});
