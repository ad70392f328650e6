// Windows enrollments per CPU second of the client, against the same cryptography alone: as many RSA operations, TLS contexts,
// TLS handshakes and requests (of the smallest kind) as an enrollment has, counted while one is watched, with node:crypto, node:tls and
// node:https and nothing around them.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { Agent } from 'node:https';
import { buildSignerCertificate } from '../protocol/scep/request.js';
import { writePem } from '../protocol/x509/pem.js';
import { bareRequest, trust } from './bare.js';
import { counted } from './counted.js';
import { compare, type Ratio, round } from './cpu.js';
import { openBenchStage } from './stage.js';

/** What one enrollment has of each. */
export interface EnrollmentCounts {
  readonly signatures: number;
  readonly verifications: number;
  /** For the identity of a device; a context without one is made once for all. */
  readonly contexts: number;
  readonly handshakes: number;
  readonly requests: number;
}

export async function benchWindowsEnroll(
  enrollments: number,
  pairs: number,
): Promise<Ratio & { readonly counts: EnrollmentCounts }> {
  const rounds = pairs + 1;
  const stage = await openBenchStage(enrollments * rounds + 2, [], 'windows');
  try {
    await stage.enroll(enrollments * rounds); // what is made once is there
    const counts = await countsOf(stage, enrollments * rounds + 1);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const message = randomBytes(1500);
    const signature = sign('sha256', message, privateKey);
    const ca = stage.target.ca ?? '';
    const context = trust(ca);
    const signer = { subject: [[['CN', 'bare'] as const]], key: { privateKey, publicKey }, random: randomBytes };
    const cert = writePem('CERTIFICATE', buildSignerCertificate({ ...signer, now: new Date() }));
    const url = `${stage.target.url}/EnrollmentServer/Discovery.svc`;
    let next = 0;
    const figure = await compare(
      pairs,
      () => round(enrollments, 4, () => stage.enroll(next++)),
      () =>
        round(enrollments, 4, async () => {
          for (let k = 0; k < counts.signatures; k++) sign('sha256', message, privateKey);
          for (let k = 0; k < counts.verifications; k++) verify('sha256', message, publicKey, signature);
          const key = counts.contexts === 0 ? '' : privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
          const own = Array.from({ length: counts.contexts }, () => trust(ca, { cert, key }));
          for (let k = 0; k < counts.handshakes; k++) {
            const offered = k === counts.handshakes - 1 ? own[0] : undefined; // the last one, as far as there is one
            const agent = new Agent({ keepAlive: true, maxSockets: 1 });
            for (let asked = k; asked < counts.requests; asked += counts.handshakes) {
              const status = await bareRequest(url, 'GET', {}, undefined, offered ?? context, agent);
              if (status !== 200) throw new Error(`the bare loop was answered ${status}`);
            }
            agent.destroy();
          }
        }),
    );
    return { ...figure, counts };
  } finally {
    await stage.close();
  }
}

/** Watches the enrollment of device `index`. */
async function countsOf(stage: Awaited<ReturnType<typeof openBenchStage>>, index: number): Promise<EnrollmentCounts> {
  let handshakes = 0;
  let requests = 0;
  stage.observe((exchange) => {
    requests++;
    if (!exchange.reused) handshakes++;
  });
  let contexts = 0;
  const { sign: signatures, verify: verifications } = await counted('node:crypto', ['sign', 'verify'], async () => {
    const tls = await counted('node:tls', ['createSecureContext'], () => stage.enroll(index));
    contexts = tls.createSecureContext;
  });
  stage.observe(undefined);
  return { signatures, verifications, contexts, handshakes, requests };
}
