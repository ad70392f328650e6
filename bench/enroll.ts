// Enrollments per CPU second of the client, against the same cryptography alone: as many RSA operations and TLS handshakes as an
// enrollment has, and a TLS context of its own for the identity that each device offers, with node:crypto, node:tls and node:https
// and nothing around them.
import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { buildSignerCertificate } from '../protocol/scep/request.js';
import { writePem } from '../protocol/x509/pem.js';
import { bareRequest, trust } from './bare.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';
import { openEnrolling } from './enrolling.js';

/** What one enrollment by SCEP and signed messages computes on the device (RFC 8894, specs of Apple's check-in). */
const operations = {
  /** Self-signed signer, CSR, pkiMessage, Authenticate, TokenUpdate; the client certificate's is in the handshake. */
  signatures: 5,
  /** The profile's CMS, the CertRep's CMS, the issued certificate. */
  verifications: 3,
  encryptions: 1,
  decryptions: 1,
} as const;

export async function benchEnroll(
  enrollments: number,
  pairs: number,
): Promise<Ratio & { readonly handshakes: number }> {
  const stage = await openEnrolling('ios', { enrollments, rounds: pairs + 1 });
  try {
    const { exchanges } = await stage.watched();
    const handshakes = exchanges.filter(({ reused }) => !reused).length;
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const message = randomBytes(1500);
    const signature = sign('sha256', message, privateKey);
    const secret = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(16));
    const ca = stage.target.ca ?? '';
    const context = trust(ca);
    const cert = selfSigned(privateKey, publicKey);
    const url = `${stage.target.url}/scep?operation=GetCACaps`;
    const figure = await compare(
      pairs,
      () => stage.ours(),
      () =>
        round(enrollments, wide, async () => {
          for (let k = 0; k < operations.signatures; k++) sign('sha256', message, privateKey);
          for (let k = 0; k < operations.verifications; k++) verify('sha256', message, publicKey, signature);
          for (let k = 0; k < operations.encryptions; k++)
            publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(16));
          for (let k = 0; k < operations.decryptions; k++)
            privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, secret);
          const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
          const own = trust(ca, { cert, key });
          for (let k = 0; k < handshakes; k++) {
            const isWithIdentity = k === handshakes - 1;
            const status = await bareRequest(url, 'GET', {}, undefined, isWithIdentity ? own : context);
            if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
          }
        }),
    );
    return { ...figure, handshakes };
  } finally {
    await stage.close();
  }
}

/** Any certificate of the key: the server asks for one and does not judge it here. */
const selfSigned = (privateKey: KeyObject, publicKey: KeyObject): string =>
  writePem(
    'CERTIFICATE',
    buildSignerCertificate({
      subject: [[['CN', 'bare']]],
      key: { privateKey, publicKey },
      now: new Date(),
      random: randomBytes,
    }),
  );
