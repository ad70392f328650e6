import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCmsSigner, verifySignedData } from '../../../protocol/x509/cms.js';
import { issueCertificate } from '../../../protocol/x509/issue.js';

const at = (text: string): Date => new Date(text);
const certificateOf = ({ publicKey, privateKey }: ReturnType<typeof generateKeyPairSync>) =>
  issueCertificate({
    subject: [[['CN', 'signer']]],
    issuer: 'self',
    publicKey,
    key: privateKey,
    serial: randomBytes(8),
    notBefore: at('2026-01-01T00:00:00Z'),
    notAfter: at('2060-01-01T00:00:00Z'),
  });

/** One after another by one signer: of other contents and lengths, other seconds, in and after the last year of UTCTime. */
const messages = [
  ['first', '2026-11-27T08:00:00Z'],
  ['second, and longer', '2026-11-27T08:00:00Z'],
  ['', '2026-11-27T08:00:01Z'],
  ['third', '2050-01-01T00:00:00Z'],
  ['fourth', '2050-01-01T00:00:05Z'],
  ['first', '2026-11-27T08:00:00Z'],
] as const;

describe('a signer of detached messages', () => {
  it('makes the same message as one that has made none before', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const certificate = certificateOf(pair);
    const signer = createCmsSigner(certificate, pair.privateKey);
    for (const [content, time] of messages) {
      const fresh = createCmsSigner(certificate, pair.privateKey);
      const made = signer.sign(Buffer.from(content), at(time), { detached: true });
      expect(made.equals(fresh.sign(Buffer.from(content), at(time), { detached: true }))).toBe(true);
      expect(verifySignedData(made, { content: Buffer.from(content) }).signingTime).toEqual(at(time));
    }
  });

  it('gives messages out for good: one made later changes none', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signer = createCmsSigner(certificateOf(pair), pair.privateKey);
    const made = messages.map(([content, time]) => signer.sign(Buffer.from(content), at(time), { detached: true }));
    for (const [index, [content]] of messages.entries())
      expect(verifySignedData(made[index] ?? Buffer.alloc(0), { content: Buffer.from(content) }).digest).toBe('sha256');
  });

  it('signs with keys whose signatures vary in length, and contents that go along, one after another', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const each of [pair, rsa]) {
      const signer = createCmsSigner(certificateOf(each), each.privateKey);
      for (const [content, time] of messages)
        for (const detached of [true, false, true]) {
          const made = signer.sign(Buffer.from(content), at(time), { detached });
          expect(verifySignedData(made, { content: Buffer.from(content) }).content.toString()).toBe(content);
        }
    }
  });
});
