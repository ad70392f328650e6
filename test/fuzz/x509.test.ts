import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { readCertificate, verifyIssued } from '../../protocol/x509/certificate.js';
import {
  buildDegenerate,
  createCmsSigner,
  envelop,
  openEnvelope,
  readDegenerate,
  readEnvelope,
  verifySignedData,
} from '../../protocol/x509/cms.js';
import { buildCsr, readCsr } from '../../protocol/x509/csr.js';
import { children, type DerNode, readDer } from '../../protocol/x509/der.js';
import { readName } from '../../protocol/x509/name.js';
import { readPem, writePem } from '../../protocol/x509/pem.js';
import { buildPkcs12, readPkcs12 } from '../../protocol/x509/pkcs12.js';
import { readSessionPeer } from '../../protocol/x509/tls-session.js';
import { authority, ecKey, issuedBy, noon, rsaKey } from '../protocol/x509/identities.js';
import { sessionOf } from '../protocol/x509/sessions.js';
import { computedMs } from '../support/computed.js';
import { fixture, hasFixtures } from '../support/shared.js';
import { keepsLittle, percent, seed } from './law.js';
import { damaged } from './mutations.js';

const ca = authority(ecKey());
const rsa = issuedBy(ca, 'rsa', rsaKey(1024), {
  extendedKeyUsage: ['clientAuth'],
  subjectAltName: { rfc822Name: 'a@b', ntPrincipalName: 'u@x', iPAddress: ['127.0.0.1', '::1'] },
});
const ec = issuedBy(ca, 'ec', ecKey());
const theirs = hasFixtures()
  ? readPem(fixture('scep/micromdm-testca.pem')).flatMap(({ label, der }) => (label === 'CERTIFICATE' ? [der] : []))
  : [];
const random = randomBytes;
const csrs = [rsa, ec].map((key) => {
  const subject = [[['CN', 'x']]] as const;
  const keyUsage = ['digitalSignature'] as const;
  return buildCsr({ subject, key, challengePassword: 'pw', keyUsage, subjectAltName: { dNSName: 'a' } });
});
const signed = [
  createCmsSigner(rsa.certificate, rsa.privateKey).sign(Buffer.from('hello'), noon),
  createCmsSigner(ec.certificate, ec.privateKey, { chain: [ca.certificate] }).sign(Buffer.from('hello'), noon),
  buildDegenerate([rsa.certificate, ec.certificate]),
  ...(hasFixtures() ? [fixture('scep/micromdm-PKCSReq.der')] : []),
];
const envelopes = (['aes-128-cbc', 'des-cbc'] as const).map((cipher) =>
  envelop(
    Buffer.from('secret'),
    [ca, rsa].filter((who) => who !== ca).map((who) => who.certificate),
    { cipher, random },
  ),
);
const sessions = [[rsa], [ec], []].map((peers) => sessionOf({ peers: peers.map((who) => who.certificate) }));
const files = (['3des', 'aes-256'] as const).map((encryption) =>
  buildPkcs12({ ...ec, chain: [ca.certificate], password: 'x', iterations: 1, encryption, random }),
);

/** Whatever the bytes, the reader gives a value or an error of ours, and soon. `share`: hundredths of the codec's inputs. */
function survives(share: number, messages: readonly Buffer[], read: (bytes: Buffer) => unknown): void {
  let slowest = 0;
  keepsLittle(() =>
    fc.assert(
      fc.property(damaged(messages), (bytes) => {
        const started = computedMs();
        try {
          read(bytes);
        } catch (error) {
          if (!isRollcallError(error)) throw error;
        }
        slowest = Math.max(slowest, computedMs() - started);
      }),
      { numRuns: percent(share), seed },
    ),
  );
  expect(slowest).toBeLessThan(1500);
}

const signedPart = (der: Buffer): Buffer | undefined => children(readDer(der))[0]?.bytes;

function walk(node: DerNode): void {
  if ((node.tag & 0x20) !== 0) for (const child of children(node)) walk(child);
}

describe('damaged inputs bring out nothing but errors of ours, soon and in bounded memory', () => {
  it('DER', () => survives(20, [...signed, ...csrs, rsa.certificate], (bytes) => walk(readDer(bytes))));

  it('certificates, every part of them', () =>
    survives(25, [rsa.certificate, ec.certificate, ca.certificate, ...theirs], (bytes) => {
      const read = readCertificate(bytes);
      const getters = [
        () => read.subject,
        () => read.issuer,
        () => read.notBefore,
        () => read.notAfter,
        () => read.publicKey,
        () => read.keyUsage,
        () => read.extendedKeyUsage,
        () => read.subjectAltName,
        () => [read.isCa, read.pathLength, read.ski, read.aki, read.serialHex],
      ];
      for (const get of getters) {
        try {
          get();
        } catch (error) {
          if (!isRollcallError(error, 'X509_MALFORMED')) throw error;
        }
      }
    }));

  it('trust in certificates is never gained by damage', () =>
    survives(5, [rsa.certificate, ec.certificate], (bytes) => {
      const standing = verifyIssued(bytes, [ca.certificate], noon);
      // Outside the signed part the form of a length may change without harm; the signed part may not.
      if (standing === 'ok')
        expect([rsa, ec].map((who) => signedPart(who.certificate))).toContainEqual(signedPart(bytes));
    }));

  it('certification requests', () => survives(15, csrs, readCsr));
  it('SignedData', () => survives(15, signed, (bytes) => verifySignedData(bytes)));
  it('bundles of certificates', () => survives(4, signed, readDegenerate));
  it('envelopes', () => survives(10, envelopes, readEnvelope));
  it('opening envelopes', () =>
    survives(2, envelopes, (bytes) => openEnvelope(bytes, rsa.certificate, rsa.privateKey)));
  it('names and PEM', () => {
    survives(2, [readCertificate(rsa.certificate).subjectDer], readName);
    const pem = hasFixtures() ? [fixture('scep/micromdm-testca.pem')] : [];
    survives(1, [Buffer.from(writePem('CERTIFICATE', rsa.certificate)), ...pem], readPem);
  });
  it('TLS sessions', () => survives(5, sessions, readSessionPeer));
  it('PKCS#12', () => survives(3, files, (bytes) => readPkcs12(bytes, 'x')));
});
