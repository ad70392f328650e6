// Windows enrollments per CPU second of the client, against the same requests and the same cryptography alone: the requests of an
// enrollment that was watched, on as many connections, as many RSA operations and TLS contexts for an identity, with node:crypto, node:tls
// and node:https and nothing around them; replies are read whole, and as XML to their end.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { Agent } from 'node:https';
import { SaxesParser } from 'saxes';
import { buildSignerCertificate } from '../protocol/scep/request.js';
import { writePem } from '../protocol/x509/pem.js';
import { withoutLongRuns } from '../protocol/xml/long-runs.js';
import { type BareAnswer, bareAnswer, trust } from './bare.js';
import { counted } from './counted.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';
import { type Enrolling, openEnrolling } from './enrolling.js';
import type { RecordedRequest } from './recorded.js';

/** What one enrollment has of each. */
export interface EnrollmentCounts {
  readonly signatures: number;
  readonly verifications: number;
  /** For the identity of a device; a context without one is made once for all. */
  readonly contexts: number;
  readonly connections: number;
  readonly requests: number;
}

export async function benchWindowsEnroll(
  enrollments: number,
  pairs: number,
): Promise<Ratio & { readonly counts: EnrollmentCounts }> {
  const stage = await openEnrolling('windows', { enrollments, rounds: pairs + 1 });
  try {
    const { counts, sessions } = await watch(stage);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const message = randomBytes(1500);
    const signature = sign('sha256', message, privateKey);
    const ca = stage.target.ca ?? '';
    const context = trust(ca);
    const signer = { subject: [[['CN', 'bare'] as const]], key: { privateKey, publicKey }, random: randomBytes };
    const cert = writePem('CERTIFICATE', buildSignerCertificate({ ...signer, now: new Date() }));
    const bareEnroll = async () => {
      for (let k = 0; k < counts.signatures; k++) sign('sha256', message, privateKey);
      for (let k = 0; k < counts.verifications; k++) verify('sha256', message, publicKey, signature);
      const key = counts.contexts === 0 ? '' : privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      for (let k = 0; k < counts.contexts; k++) trust(ca, { cert, key });
      for (const requests of sessions) {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (const { method, url, headers = {}, body } of requests)
          readBare(await bareAnswer(url, method, headers, body, context, agent));
        agent.destroy();
      }
    };
    const figure = await compare(
      pairs,
      () => stage.ours(),
      () => round(enrollments, wide, bareEnroll),
    );
    return { ...figure, counts };
  } finally {
    await stage.close();
  }
}

/** One enrollment: what it computes, and what it asks, by connection. */
async function watch(
  stage: Enrolling,
): Promise<{ readonly counts: EnrollmentCounts; readonly sessions: readonly (readonly RecordedRequest[])[] }> {
  let contexts = 0;
  let requests: readonly RecordedRequest[] = [];
  const { sign: signatures, verify: verifications } = await counted('node:crypto', ['sign', 'verify'], async () => {
    const tls = await counted('node:tls', ['createSecureContext'], async () => {
      ({ requests } = await stage.watched());
    });
    contexts = tls.createSecureContext;
  });
  const sessions = [...new Set(requests.map(({ session }) => session))].map((session) =>
    requests.filter((each) => each.session === session),
  );
  return {
    counts: { signatures, verifications, contexts, connections: sessions.length, requests: requests.length },
    sessions,
  };
}

/** What no client can leave out: the answer is there to its end, and is XML. Certificates in it are no work of a reader's. */
function readBare({ status, text }: BareAnswer): void {
  if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
  if (text === '') return; // of the probe
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(withoutLongRuns(text)?.text ?? text).close();
}
