import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../base/log.js';
import { serveHttp } from '../../server-stub/http.js';
import { authority, certificatePem, ecKey, files, issuedBy, keyPem } from '../protocol/x509/identities.js';
import { describeWith, temporaryFolder } from '../support/programs.js';

const ca = authority(ecKey());
const server = issuedBy(ca, 'server', ecKey(), { subjectAltName: { iPAddress: ['127.0.0.1'] } });
const issuer = authority(ecKey(), 'issuer of clients');
const client = issuedBy(issuer, 'client', ecKey());

/** A server that answers with the serial number of the client's certificate, and `openssl s_client` to speak to it. */
async function open() {
  const running = await serveHttp({
    port: 0,
    host: '127.0.0.1',
    tls: { certificate: certificatePem(server), key: keyPem(server) },
    routes: [
      {
        method: 'GET',
        path: '/',
        handle({ clientCertificate }) {
          const serial = clientCertificate && new X509Certificate(clientCertificate).serialNumber;
          return { status: 200, body: `peer=${serial ?? 'none'};` };
        },
      },
    ],
    log: silentLog,
  });
  onTestFinished(() => running.close());
  const paths = files({ cert: certificatePem(client), key: keyPem(client), chain: certificatePem(issuer) });
  const identity = ['-cert', paths.cert, '-key', paths.key, '-cert_chain', paths.chain];
  const speak = (version: string, ...more: string[]) =>
    new Promise<{ peer: string | undefined; isResumed: boolean }>((resolve) => {
      const at = ['s_client', '-connect', `127.0.0.1:${running.port}`, version, '-ign_eof', ...more];
      const program = spawn('openssl', at, { stdio: ['pipe', 'pipe', 'ignore'] });
      let text = '';
      program.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      program.on('close', () =>
        resolve({ peer: /peer=(\w+);/.exec(text)?.[1], isResumed: /^Reused, TLS/m.test(text) }),
      );
      program.stdin.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    });
  return { speak, identity };
}

describeWith('openssl')('the certificate of a TLS client', () => {
  const serial = new X509Certificate(client.certificate).serialNumber;

  it.each(['-tls1_2', '-tls1_3'])('is known after a full handshake and a resumed one (%s)', async (version) => {
    const { speak, identity } = await open();
    const kept = join(temporaryFolder(), 'session.pem');
    expect(await speak(version, ...identity, '-sess_out', kept)).toEqual({ peer: serial, isResumed: false });
    expect(await speak(version, '-sess_in', kept)).toEqual({ peer: serial, isResumed: true });
  });

  it.each(['-tls1_2', '-tls1_3'])('is none where none was presented, resumed or not (%s)', async (version) => {
    const { speak } = await open();
    const kept = join(temporaryFolder(), 'session.pem');
    expect(await speak(version, '-sess_out', kept)).toEqual({ peer: 'none', isResumed: false });
    expect(await speak(version, '-sess_in', kept)).toEqual({ peer: 'none', isResumed: true });
  });
});
