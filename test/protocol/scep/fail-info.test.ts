import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { type FailInfo, failInfos } from '../../../protocol/scep/message.js';
import { buildSignerCertificate } from '../../../protocol/scep/request.js';
import { readCertRep } from '../../../protocol/scep/response.js';
import { createCmsSigner } from '../../../protocol/x509/cms.js';
import { octets, printable } from '../../../protocol/x509/der-build.js';
import { oids } from '../../../protocol/x509/oids.js';
import { authority, noon, rsaKey } from '../x509/identities.js';

const ca = authority();
const device = rsaKey();
const signer = {
  signerCertificate: buildSignerCertificate({ subject: [[['CN', 'x']]], key: device, now: noon, random: randomBytes }),
  signerKey: device.privateKey,
};

/** An answer of a CA that fails, with this failInfo on the wire or none. */
function failed(failInfo: string | undefined): Buffer {
  const attributes = [
    { type: oids.messageType, value: printable('3') },
    { type: oids.transactionId, value: printable('T') },
    { type: oids.senderNonce, value: octets(randomBytes(16)) },
    { type: oids.recipientNonce, value: octets(randomBytes(16)) },
    { type: oids.pkiStatus, value: printable('2') },
    ...(failInfo === undefined ? [] : [{ type: oids.failInfo, value: printable(failInfo) }]),
  ];
  return createCmsSigner(ca.certificate, ca.privateKey).sign(undefined, noon, { attributes });
}

it.each(Object.entries(failInfos))(
  'a failure is told as the CA said it: %s is %s (RFC 8894 §3.2.1.4)',
  (name, number) => {
    expect(readCertRep(failed(number), signer).failInfo).toBe(name as FailInfo);
  },
);

it.each([undefined, '', '5', '-1', '99', 'badAlg', 'toString'])(
  'a failure whose failInfo is %s, which RFC 8894 does not know, is badRequest',
  (number) => {
    expect(readCertRep(failed(number), signer)).toMatchObject({ pkiStatus: 'failure', failInfo: 'badRequest' });
  },
);
