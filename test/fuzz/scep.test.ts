import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { readCaCertificates } from '../../protocol/scep/ca-certificates.js';
import { readCapabilities } from '../../protocol/scep/capabilities.js';
import {
  buildIssuerAndSubject,
  buildRequest,
  buildSignerCertificate,
  readRequest,
} from '../../protocol/scep/request.js';
import { buildCertRep, readCertRep } from '../../protocol/scep/response.js';
import { buildDegenerate, createCmsSigner } from '../../protocol/x509/cms.js';
import { buildCsr } from '../../protocol/x509/csr.js';
import { element, oid, sequence, setOf } from '../../protocol/x509/der-build.js';
import { authority, noon, rsaKey } from '../protocol/x509/identities.js';
import { anyCharacter } from '../support/characters.js';
import { fixture, hasFixtures } from '../support/shared.js';
import { keepsLittle, percent, seed } from './law.js';
import { damaged } from './mutations.js';

const random = randomBytes;
const ca = authority(rsaKey(1024));
const device = rsaKey(1024);
const subject = [[['CN', 'x']]] as const;
const certificate = buildSignerCertificate({ subject, key: device, now: noon, random });
const signer = { certificate, key: device.privateKey };
const base = { transactionId: 'T', digest: 'sha256', cipher: 'des-cbc', signingTime: noon, random } as const;
const csr = buildCsr({ subject, key: device, challengePassword: 'pw' });
const poll = buildIssuerAndSubject(ca.certificate, subject);
const toCa = { ...base, senderNonce: random(16), recipient: ca.certificate, signer };
const answer = { ...base, recipientNonce: random(16), ca: { certificate: ca.certificate, key: ca.privateKey } };
const requests = [
  buildRequest({ ...toCa, messageType: 'PKCSReq', content: csr }),
  buildRequest({ ...toCa, messageType: 'CertPoll', content: poll }),
  ...(hasFixtures() ? [fixture('scep/micromdm-PKCSReq.der')] : []),
];
const answers = [
  buildCertRep({ ...answer, pkiStatus: 'success', certificates: [ca.certificate], recipient: certificate }),
  buildCertRep({ ...answer, pkiStatus: 'failure', failInfo: 'badRequest' }),
];

/** `share`: in a hundredth of the codec's inputs. */
function survives<T>(share: number, inputs: fc.Arbitrary<T>, read: (input: T) => unknown): void {
  const property = fc.property(inputs, (input) => {
    try {
      read(input);
    } catch (error) {
      if (!isRollcallError(error)) throw error;
    }
  });
  keepsLittle(() => fc.assert(property, { numRuns: percent(share), seed }));
}

const readOurs = (der: Buffer) => readRequest(der, ca.certificate, ca.privateKey);
const readTheirs = (der: Buffer) => readCertRep(der, { signerCertificate: certificate, signerKey: device.privateKey });

describe('damaged SCEP messages bring out nothing but errors of ours, in bounded memory', () => {
  it('requests', () => survives(35, damaged(requests), readOurs));
  it('answers', () => survives(35, damaged(answers), readTheirs));
  it("the CA's certificates", () =>
    survives(19, damaged([ca.certificate, buildDegenerate([certificate, ca.certificate])]), (body) =>
      readCaCertificates(body),
    ));
  it('capabilities', () => survives(5, fc.string({ maxLength: 300, unit: anyCharacter }), readCapabilities));

  // Damage breaks the signature, so what lies behind it is reached only by signing the damage.
  it('rightly signed attributes of any kind', () => {
    const last = fc.integer({ min: 2, max: 7 });
    const tag = fc.constantFrom(0x02, 0x04, 0x0c, 0x13, 0x1e, 0x24, 0x30);
    const value = fc.tuple(tag, fc.uint8Array({ maxLength: 40 })).map(([each, bytes]) => element(each, bytes));
    const attributes = fc.uniqueArray(
      fc.tuple(last, value).map(([number, der]) => ({ type: `2.16.840.1.113733.1.9.${number}`, value: der })),
      { maxLength: 6, selector: ({ type }) => type },
    );
    const sign = createCmsSigner(certificate, device.privateKey);
    survives(1.5, attributes, (list) => readOurs(sign.sign(csr, noon, { attributes: list })));
    survives(1.5, attributes, (list) => readTheirs(sign.sign(csr, noon, { attributes: list })));
  });

  it('rightly sealed contents of any kind', () => {
    const contents = damaged([csr, poll, sequence(oid('1.2.3'), setOf())]);
    survives(1.5, contents, (content) => readOurs(buildRequest({ ...toCa, messageType: 'PKCSReq', content })));
    survives(1.5, contents, (content) => readOurs(buildRequest({ ...toCa, messageType: 'CertPoll', content })));
  });
});
