// Android enrollments per CPU second of the client, against the same requests and the same cryptography alone: the requests of an
// enrollment that was watched, on as many connections, and as many RSA operations, with node:crypto and node:https and nothing
// around them; replies are read whole, parsed, and their signature verified. The connection to a broker is in neither; it has a bench of its own (mqtt).
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes, sign, verify } from 'node:crypto';
import { Agent } from 'node:https';
import { bareAnswer, trust } from './bare.js';
import { readBare } from './bare-headwind.js';
import { counted } from './counted.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';
import { openEnrolling } from './enrolling.js';
import type { RecordedRequest } from './recorded.js';

const operations = ['sign', 'verify', 'publicEncrypt', 'privateDecrypt'] as const;

/** How many of each an enrollment has. */
export type AndroidEnrollmentCounts = Readonly<
  Record<(typeof operations)[number] | 'requests' | 'connections', number>
>;

export async function benchAndroidEnroll(
  enrollments: number,
  pairs: number,
): Promise<Ratio & { readonly counts: AndroidEnrollmentCounts }> {
  const stage = await openEnrolling('android', { enrollments, rounds: pairs + 1 });
  try {
    let requests: readonly RecordedRequest[] = [];
    const rsa = await counted('node:crypto', operations, async () => {
      ({ requests } = await stage.watched());
    });
    const sessions = [...new Set(requests.map(({ session }) => session))];
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const message = randomBytes(1500);
    const signature = sign('sha256', message, privateKey);
    const secret = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(16));
    const context = trust(stage.target.ca ?? '');
    const bareEnroll = async () => {
      for (let k = 0; k < rsa.sign; k++) sign('sha256', message, privateKey);
      for (let k = 0; k < rsa.verify; k++) verify('sha256', message, publicKey, signature);
      for (let k = 0; k < rsa.publicEncrypt; k++)
        publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(16));
      for (let k = 0; k < rsa.privateDecrypt; k++)
        privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, secret);
      for (const session of sessions) {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (const { method, url, headers = {}, body } of requests.filter((each) => each.session === session)) {
          readBare(await bareAnswer(url, method, headers, body, context, agent));
        }
        agent.destroy();
      }
    };
    const figure = await compare(
      pairs,
      () => stage.ours(),
      () => round(enrollments, wide, bareEnroll),
    );
    return { ...figure, counts: { ...rsa, requests: requests.length, connections: sessions.length } };
  } finally {
    await stage.close();
  }
}
