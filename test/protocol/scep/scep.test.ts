import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { matchesFingerprint, readCaCertificates, writeCaCertificates } from '../../../protocol/scep/ca-certificates.js';
import { chooseAlgorithms, readCapabilities, writeCapabilities } from '../../../protocol/scep/capabilities.js';
import { type FailInfo, failInfos, transactionIdOf } from '../../../protocol/scep/message.js';
import {
  buildIssuerAndSubject,
  buildRequest,
  buildSignerCertificate,
  openRequest,
  readRequest,
  readRequestHeader,
} from '../../../protocol/scep/request.js';
import { buildCertRep, certificateFor, readCertRep } from '../../../protocol/scep/response.js';
import { fingerprint, readCertificate } from '../../../protocol/x509/certificate.js';
import { createCmsSigner } from '../../../protocol/x509/cms.js';
import { buildCsr } from '../../../protocol/x509/csr.js';
import { issueCertificate } from '../../../protocol/x509/issue.js';
import { nameText } from '../../../protocol/x509/name.js';
import { authority, ecKey, type Identity, issuedBy, noon, rsaKey } from '../x509/identities.js';

const random = randomBytes;
const ca = authority();
const ra = issuedBy(ca, 'RA', rsaKey(), { keyUsage: ['keyEncipherment'] });
const device = rsaKey();
const subject = [[['O', 'Example']], [['CN', 'device']]] as const;
const signer = {
  certificate: buildSignerCertificate({ subject, key: device, now: noon, random }),
  key: device.privateKey,
};
const csr = buildCsr({ subject, key: device, challengePassword: 'secret' });
const code = (value: string) => expect.objectContaining({ code: value });
const request = {
  messageType: 'PKCSReq',
  transactionId: transactionIdOf(device.publicKey),
  senderNonce: random(16),
  content: csr,
  recipient: ca.certificate,
  signer,
  cipher: 'aes-128-cbc',
  digest: 'sha256',
  signingTime: noon,
  random,
} as const;
const answer = {
  transactionId: request.transactionId,
  recipientNonce: request.senderNonce,
  ca: { certificate: ca.certificate, key: ca.privateKey },
  digest: 'sha256',
  signingTime: noon,
  random,
} as const;
const authorityBelow = (root: Identity): Buffer =>
  issueCertificate({
    subject: [[['CN', 'Below']]],
    issuer: { certificate: root.certificate, key: root.privateKey },
    publicKey: ra.publicKey,
    serial: Buffer.of(7),
    notBefore: noon,
    notAfter: noon,
    ca: { pathLength: 0 },
  });
const own = { signerCertificate: signer.certificate, signerKey: signer.key };

describe('a request', () => {
  it.each([
    ['aes-128-cbc', 'sha256'],
    ['aes-256-cbc', 'sha512'],
    ['des-ede3-cbc', 'sha1'],
    ['des-cbc', 'sha1'],
  ] as const)('PKCSReq in %s and %s arrives as it was sent', (cipher, digest) => {
    const read = readRequest(buildRequest({ ...request, cipher, digest }), ca.certificate, ca.privateKey);
    expect(read.messageType).toBe('PKCSReq');
    expect(read.transactionId).toBe(request.transactionId);
    expect(read.senderNonce).toEqual(request.senderNonce);
    expect(read.signer).toEqual(signer.certificate);
    expect([read.cipher.name, read.digest]).toEqual([cipher, digest]);
    expect(read.content.kind === 'csr' && read.content.csr.challengePassword).toBe('secret');
    expect(read.content.kind === 'csr' && read.content.csr.publicKey.equals(device.publicKey)).toBe(true);
  });

  it('RenewalReq is signed by the certificate that is renewed', () => {
    const old = issuedBy(ca, 'device', device);
    const signedByOld = { certificate: old.certificate, key: old.privateKey };
    const der = buildRequest({ ...request, messageType: 'RenewalReq', signer: signedByOld });
    const read = readRequest(der, ca.certificate, ca.privateKey);
    expect(read.messageType).toBe('RenewalReq');
    expect(read.signer).toEqual(old.certificate);
  });

  it('CertPoll names issuer and subject (RFC 8894 §3.3.3)', () => {
    const content = buildIssuerAndSubject(ca.certificate, subject);
    const read = readRequest(
      buildRequest({ ...request, messageType: 'CertPoll', content }),
      ca.certificate,
      ca.privateKey,
    );
    if (read.content.kind !== 'poll') throw new Error('not a poll');
    expect(nameText(read.content.issuer)).toBe('O=Rollcall test, CN=Test CA');
    expect(nameText(read.content.subject)).toBe('O=Example, CN=device');
  });

  it('for another RA shows its header and does not open', () => {
    const header = readRequestHeader(buildRequest({ ...request, recipient: ra.certificate }));
    expect(header.transactionId).toBe(request.transactionId);
    expect(() => openRequest(header, ca.certificate, ca.privateKey)).toThrow(code('CMS_DECRYPT'));
  });

  it('of a type that is not served shows its header and is refused', () => {
    const attributes = [
      { type: '2.16.840.1.113733.1.9.2', value: Buffer.from('13023232', 'hex') }, // "22" GetCRL
      { type: '2.16.840.1.113733.1.9.5', value: Buffer.from('0401aa', 'hex') },
      { type: '2.16.840.1.113733.1.9.7', value: Buffer.from('130178', 'hex') },
    ];
    const der = createCmsSigner(signer.certificate, signer.key).sign(Buffer.from('x'), noon, { attributes });
    const header = readRequestHeader(der);
    expect(header.messageType).toBeUndefined();
    expect(() => openRequest(header, ca.certificate, ca.privateKey)).toThrow(code('SCEP_MALFORMED'));
  });

  it('without the attributes of SCEP is refused', () => {
    const der = createCmsSigner(signer.certificate, signer.key).sign(Buffer.from('x'), noon);
    expect(() => readRequestHeader(der)).toThrow(code('SCEP_MALFORMED'));
    expect(() => readRequestHeader(Buffer.from('hello'))).toThrow(code('SCEP_MALFORMED'));
  });

  it('whose CSR another key signed is refused', () => {
    const content = buildCsr({ subject, key: { privateKey: ca.privateKey, publicKey: device.publicKey } });
    const der = buildRequest({ ...request, content });
    expect(() => readRequest(der, ca.certificate, ca.privateKey)).toThrow(code('CMS_SIGNATURE'));
    const garbage = buildRequest({ ...request, content: Buffer.from('no CSR') });
    expect(() => readRequest(garbage, ca.certificate, ca.privateKey)).toThrow(code('X509_MALFORMED'));
  });

  it('with an EC device key is signed by an RSA key of its own', () => {
    const content = buildCsr({ subject, key: ecKey() });
    const read = readRequest(buildRequest({ ...request, content }), ca.certificate, ca.privateKey);
    expect(read.content.kind === 'csr' && read.content.csr.publicKey.asymmetricKeyType).toBe('ec');
  });
});

describe('an answer', () => {
  const issued = issuedBy(ca, 'device', device).certificate;

  it.each(['aes-128-cbc', 'des-ede3-cbc', 'des-cbc'] as const)('of success in %s brings the certificate', (cipher) => {
    const certificates = [ca.certificate, issued];
    const recipient = signer.certificate;
    const der = buildCertRep({ ...answer, pkiStatus: 'success', certificates, recipient, cipher });
    const read = readCertRep(der, own);
    expect(read.pkiStatus).toBe('success');
    expect(read.transactionId).toBe(request.transactionId);
    expect(read.recipientNonce).toEqual(request.senderNonce);
    expect(read.senderNonce).toHaveLength(16);
    expect(read.signer).toEqual(ca.certificate);
    expect(certificateFor(device.publicKey, read.certificates)).toEqual(issued);
    expect(() => certificateFor(ra.publicKey, read.certificates)).toThrow(code('SCEP_MALFORMED'));
  });

  it.each(Object.keys(failInfos) as FailInfo[])('of failure says %s', (failInfo) => {
    const read = readCertRep(buildCertRep({ ...answer, pkiStatus: 'failure', failInfo }), own);
    expect(read).toMatchObject({ pkiStatus: 'failure', failInfo, certificates: [] });
  });

  it('of pending has neither certificate nor reason', () => {
    const read = readCertRep(buildCertRep({ ...answer, pkiStatus: 'pending' }), own);
    expect(read.pkiStatus).toBe('pending');
    expect(read.failInfo).toBeUndefined();
  });

  it('for another key does not open', () => {
    const { certificate: recipient } = ra;
    const der = buildCertRep({ ...answer, pkiStatus: 'success', certificates: [issued], recipient, cipher: 'des-cbc' });
    expect(() => readCertRep(der, own)).toThrow(code('CMS_DECRYPT'));
  });

  it('is not a request, and a request is not an answer', () => {
    expect(() => readCertRep(buildRequest(request), own)).toThrow(code('SCEP_MALFORMED'));
    const der = buildCertRep({ ...answer, pkiStatus: 'pending' });
    expect(() => readRequest(der, ca.certificate, ca.privateKey)).toThrow(code('SCEP_MALFORMED'));
  });
});

describe('capabilities', () => {
  it('are read in any case and line ending, unknown ones passed over', () => {
    const read = readCapabilities('renewal\r\nSHA-256\r\nAES\r\nSomething\r\npostPKIOperation\r\n');
    expect(read).toMatchObject({ renewal: true, sha256: true, aes: true, post: true, des3: false, sha512: false });
  });

  it('SCEPStandard stands for AES, POST and SHA-256 (RFC 8894 §3.5.2)', () => {
    expect(readCapabilities('SCEPStandard')).toMatchObject({ aes: true, post: true, sha256: true, renewal: false });
  });

  it('survive writing', () => {
    const text = writeCapabilities({ renewal: true, aes: true, sha256: true, post: true });
    expect(text).toBe('AES\nPOSTPKIOperation\nRenewal\nSHA-256\n');
    expect(readCapabilities(text)).toMatchObject({ renewal: true, aes: true, sha256: true, post: true });
  });

  it('read exactly, as Apple reads them, are the words as they are written and SCEPStandard for nothing else', () => {
    const exact = (text: string) => readCapabilities(text, { exact: true });
    expect(exact('SCEPStandard\r\nSHA-256\r\nAES')).toMatchObject({
      scepStandard: true,
      sha256: true,
      aes: true,
      post: false,
    });
    expect(exact('SCEPStandard')).toMatchObject({ aes: false, post: false, sha256: false });
    expect(exact('sha-256\n SHA-1\nAES ')).toMatchObject({ aes: false, sha1: false, sha256: false });
  });

  it('decide the algorithms: the best that is offered, the oldest where nothing is', () => {
    expect(chooseAlgorithms(readCapabilities('SCEPStandard'))).toEqual({ cipher: 'aes-128-cbc', digest: 'sha256' });
    expect(chooseAlgorithms(readCapabilities('DES3\nSHA-512'))).toEqual({ cipher: 'des-ede3-cbc', digest: 'sha512' });
    expect(chooseAlgorithms(readCapabilities(''))).toEqual({ cipher: 'des-ede3-cbc', digest: 'sha1' }); // never single DES
    const all = readCapabilities('SHA-1\nSHA-256\nSHA-512\nAES\nDES3');
    expect(chooseAlgorithms(all, ['sha512', 'sha256', 'sha1'])).toEqual({ cipher: 'aes-128-cbc', digest: 'sha512' });
    expect(chooseAlgorithms(all).digest).toBe('sha256');
  });
});

describe("the CA's certificates", () => {
  it('one is CA and recipient', () => {
    const { body, contentType } = writeCaCertificates([ca.certificate]);
    expect(contentType).toBe('application/x-x509-ca-cert');
    expect(readCaCertificates(body, contentType)).toEqual({
      ca: ca.certificate,
      recipient: ca.certificate,
      chain: [ca.certificate],
    });
  });

  it('of a bundle with an RA, requests go to the RA', () => {
    const signing = issuedBy(ca, 'RA signs', rsaKey(), { keyUsage: ['digitalSignature'] }).certificate;
    const { body, contentType } = writeCaCertificates([signing, ra.certificate, ca.certificate]);
    expect(contentType).toBe('application/x-x509-ca-ra-cert');
    const read = readCaCertificates(body, 'application/x-x509-ca-cert'); // servers mix the types up
    expect(read.ca).toEqual(ca.certificate);
    expect(read.recipient).toEqual(ra.certificate);
    expect(read.chain).toHaveLength(3);
  });

  it('of a root and the CA below it, the one below issues', () => {
    const root = authority(rsaKey(), 'Root');
    const below = authorityBelow(root);
    const read = readCaCertificates(writeCaCertificates([root.certificate, below]).body);
    expect(read.ca).toEqual(below);
    expect(read.recipient).toEqual(below);
  });

  it('text, nothing and an empty bundle are refused', () => {
    expect(() => readCaCertificates(Buffer.from('<html>'), 'text/html')).toThrow(code('SCEP_MALFORMED'));
    expect(() => readCaCertificates(Buffer.alloc(0))).toThrow(code('X509_MALFORMED'));
    expect(() => readCaCertificates(writeCaCertificates([]).body)).toThrow(code('SCEP_MALFORMED'));
  });

  it('a fingerprint is MD5, SHA-1 or SHA-256 by its length', () => {
    for (const digest of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const) {
      expect(matchesFingerprint(ca.certificate, fingerprint(ca.certificate, digest))).toBe(true);
      expect(matchesFingerprint(ra.certificate, fingerprint(ca.certificate, digest))).toBe(false);
    }
    expect(matchesFingerprint(ca.certificate, Buffer.alloc(10))).toBe(false);
  });
});

describe("the signer's own certificate", () => {
  it('is self-signed for the subject of the request, valid from some minutes ago', () => {
    const read = readCertificate(signer.certificate);
    expect(read.isSelfIssued && read.isSignedBy(device.publicKey)).toBe(true);
    expect(nameText(read.subject)).toBe('O=Example, CN=device');
    expect(read.keyUsage).toEqual(['digitalSignature', 'keyEncipherment']);
    expect(read.notBefore < noon && read.notAfter > noon).toBe(true);
  });
});
