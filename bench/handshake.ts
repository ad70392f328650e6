// Growth of a server's memory by mTLS handshakes, all of them full ones: with the client's certificate read and without.
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { issueCertificate } from '../protocol/x509/issue.js';
import { writePem } from '../protocol/x509/pem.js';
import { median } from './cpu.js';
import type { FromHandshakeServer } from './handshake-server.js';

const lanes = 4;
/** A small young generation: its size, which comes and goes, would be more than what is measured. */
const execArgv = ['--expose-gc', '--max-semi-space-size=1'];

interface HandshakeFigure {
  readonly handshakes: number;
  /** Bytes of RSS for each handshake between a third of them and all, medians over the pairs. */
  readonly look: number;
  readonly blind: number;
  /** RSS after all handshakes, with the look against without: says something also where neither grows. */
  readonly ratio: number;
  /** Of the growth alone. Of no meaning where the floor's is near 0. */
  readonly slopeRatio: number;
  readonly pairs: readonly { readonly look: number; readonly blind: number }[];
}

export async function benchHandshake(
  { handshakes, pairs }: { handshakes: number; pairs: number },
  note: (text: string) => void,
): Promise<HandshakeFigure> {
  const context = clientContext();
  const slopes: { look: Growth; blind: Growth }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const look = await growth('look', handshakes, context);
    const blind = await growth('blind', handshakes, context);
    note(`  ${look.slope.toFixed(0)} bytes a handshake with the look, ${blind.slope.toFixed(0)} without`);
    slopes.push({ look, blind });
  }
  const look = median(slopes.map((each) => each.look.slope));
  const blind = median(slopes.map((each) => each.blind.slope));
  return {
    handshakes,
    look,
    blind,
    ratio: median(slopes.map((each) => each.look.rss / each.blind.rss)),
    slopeRatio: median(slopes.map((each) => each.look.slope / each.blind.slope)),
    pairs: slopes.map((each) => ({ look: each.look.slope, blind: each.blind.slope })),
  };
}

interface Growth {
  readonly slope: number;
  readonly rss: number;
}

async function growth(kind: 'look' | 'blind', handshakes: number, context: SecureContext): Promise<Growth> {
  const server = fork(fileURLToPath(new URL('./handshake-server.js', import.meta.url)), [kind], { execArgv });
  try {
    const ready = await heard(server);
    const port = 'port' in ready ? ready.port : 0;
    const first = Math.round(handshakes / 3);
    await shake(first, port, context);
    const before = await measured(server);
    await shake(handshakes - first, port, context);
    const after = await measured(server);
    if (kind === 'look' && after.seen !== handshakes) throw new Error(`${after.seen} certificates of ${handshakes}`);
    return { slope: (after.rss - before.rss) / (handshakes - first), rss: after.rss };
  } finally {
    server.disconnect();
  }
}

const heard = (server: ChildProcess): Promise<FromHandshakeServer> =>
  new Promise((resolve, reject) => {
    server.once('message', resolve);
    server.once('error', reject);
  });

async function measured(server: ChildProcess): Promise<{ rss: number; seen: number }> {
  server.send('measure');
  const answer = await heard(server);
  if (!('rss' in answer)) throw new Error('the server did not say how large it is');
  return answer;
}

async function shake(count: number, port: number, secureContext: SecureContext): Promise<void> {
  let left = count;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false });
      socket.on('error', reject).on('close', () => resolve());
      socket.resume();
      socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    });
  const lane = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** A device's identity: RSA, issued by an issuer that is sent along. */
function clientContext(): SecureContext {
  const dates = { notBefore: new Date('2020-01-01'), notAfter: new Date('2049-01-01') };
  const issuerKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const issuer = issueCertificate({
    ...dates,
    subject: [[['CN', 'bench issuer']]],
    issuer: 'self',
    publicKey: issuerKey.publicKey,
    key: issuerKey.privateKey,
    serial: randomBytes(16),
    ca: true,
    keyUsage: ['keyCertSign'],
  });
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const leaf = issueCertificate({
    ...dates,
    subject: [[['CN', 'bench device']]],
    issuer: { certificate: issuer, key: issuerKey.privateKey },
    publicKey: key.publicKey,
    serial: randomBytes(16),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  });
  return createSecureContext({
    cert: writePem('CERTIFICATE', leaf) + writePem('CERTIFICATE', issuer),
    key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
}
