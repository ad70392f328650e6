import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSessionPeer } from '../../../protocol/x509/tls-session.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { authority, certificatePem, ecKey, issuedBy, keyPem } from './identities.js';
import { sessionOf } from './sessions.js';

const ca = authority(ecKey());
const server = issuedBy(ca, 'server', ecKey());

/** The session that `openssl s_client` kept of a connection (PEM), and the one that the server had. */
async function handshake(version: string): Promise<{ file: string; atServer: Buffer | undefined }> {
  let atServer: Buffer | undefined;
  const listening = createServer({ cert: certificatePem(server), key: keyPem(server) }, (socket) => {
    atServer = socket.getSession();
    socket.on('error', () => {}).end('hello');
  });
  onTestFinished(() => void listening.close());
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const file = join(temporaryFolder(), 'session.pem');
  const at = ['s_client', '-connect', `127.0.0.1:${port}`, version, '-ign_eof', '-sess_out', file];
  await new Promise((resolve) => spawn('openssl', at, { stdio: 'ignore' }).on('close', resolve));
  return { file, atServer };
}

describeWith('openssl')('a session that openssl wrote', () => {
  it.each(['-tls1_2', '-tls1_3'])('names the peer that openssl names (%s)', async (version) => {
    const { file } = await handshake(version);
    const peer = readSessionPeer(openssl(['sess_id', '-in', file, '-outform', 'DER']));
    const theirs = openssl(['sess_id', '-in', file, '-cert']).toString();
    expect(peer?.equals(new X509Certificate(theirs).raw)).toBe(true);
    expect(peer?.equals(server.certificate)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('SSL SESSION PARAMETERS');
  });

  it.each(['-tls1_2', '-tls1_3'])('names nobody where nobody presented a certificate (%s)', async (version) => {
    const { atServer } = await handshake(version);
    expect(atServer?.length).toBeGreaterThan(50);
    expect(readSessionPeer(atServer ?? Buffer.alloc(0))).toBeUndefined();
  });
});

describe('bytes that are no session', () => {
  const leaf = Buffer.from(server.certificate);
  const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });

  it('are told from one that is', () => {
    expect(readSessionPeer(sessionOf({ peers: [leaf] }))?.equals(leaf)).toBe(true);
    expect(readSessionPeer(sessionOf({ peers: [] }))).toBeUndefined();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a certificate', leaf],
    ['another version of sessions', sessionOf({ version: 2, peers: [leaf] })],
    ['a version of many octets', sessionOf({ version: 0x101, peers: [leaf] })],
    ['two peers', sessionOf({ peers: [leaf, leaf] })],
    ['a peer that is no certificate', sessionOf({ peers: [Buffer.from('0400', 'hex')] })],
    ['a peer of two elements', sessionOf({ peers: [Buffer.concat([leaf, leaf])] })],
    ['an empty peer', sessionOf({ peers: [Buffer.alloc(0)] })],
    ['bytes after the end', Buffer.concat([sessionOf({ peers: [leaf] }), Buffer.of(0)])],
    ['the end cut off', sessionOf({ peers: [leaf] }).subarray(0, -1)],
    ['more than OpenSSL writes', sessionOf({ peers: [leaf], ticket: Buffer.alloc(256 * 1024) })],
  ])('are refused: %s', (_, bytes) => {
    expect(() => readSessionPeer(bytes)).toThrow(malformed);
  });
});
