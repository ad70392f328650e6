import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import { openCa } from '../../server-stub/ca.js';
import { openJournal } from '../../server-stub/core/journal.js';
import { startAuthority } from '../../server-stub/index.js';
import { authorityKeys } from '../support/keys.js';
import { describeWith, openssl, temporaryFolder } from '../support/programs.js';
import { newKey, startAt } from './ios/stub.js';

const random = (length: number) => randomBytes(length);
const hourMs = 3_600_000;

async function open(dataFolder?: string) {
  const journal = dataFolder === undefined ? undefined : openJournal(dataFolder, silentLog);
  const close = async () => journal?.close();
  onTestFinished(close);
  const clock = manualClock(startAt);
  const ca = await openCa({
    clock,
    random,
    deviceCertificateMs: () => 24 * hourMs,
    hostnames: ['stub.example'],
    ...(dataFolder !== undefined && { dataFolder }),
    keep: journal?.keep('issued'),
    newRsaKey: authorityKeys(),
  });
  const issue = (userId = 'u') =>
    ca.issueForDevice({
      publicKey: newKey().publicKey,
      subject: [[['CN', 'd']]],
      userId,
      platform: 'ios',
      purpose: 'identity',
    });
  return { ca, clock, issue, close, keep: journal?.keep('issued') };
}

describe('the certificate authority', () => {
  it('judges its own certificates by their dates, on its clock', async () => {
    const { ca, clock, issue } = await open();
    const certificate = issue();
    expect(ca.judge(certificate)).toMatchObject({ standing: 'ok', entry: { userId: 'u', isRevoked: false } });
    await clock.advance(25 * hourMs);
    expect(ca.judge(certificate).standing).toBe('expired');
  });

  it('takes no certificate that it did not issue to a device', async () => {
    const { ca } = await open();
    const other = await open();
    expect(ca.judge(other.issue()).standing).toBe('earlier-run'); // its issuer has the name of ours, and another key
    for (const each of [ca.certificate, other.ca.certificate, Buffer.alloc(0), Buffer.from('x')]) {
      expect(ca.judge(each).standing).toBe('foreign');
    }
    const server = new X509Certificate(ca.server.certificate).raw;
    expect(ca.judge(server).standing).toBe('foreign');
  });

  it('revokes what a device had, but for its present one', async () => {
    const { ca, issue } = await open();
    const [old, present] = [issue(), issue()];
    const serialOf = (der: Buffer) => readCertificate(der).serialHex;
    for (const each of [old, present]) ca.issued.bind(serialOf(each), 'device');
    ca.issued.revokeDevice('device', serialOf(present));
    expect([ca.judge(old).standing, ca.judge(present).standing]).toEqual(['revoked', 'ok']);
    ca.issued.revokeDevice('device');
    expect(ca.judge(present).standing).toBe('revoked');
  });

  it('is for the names it was given', async () => {
    const { ca } = await open();
    const server = new X509Certificate(ca.server.certificate);
    for (const name of ['localhost', 'stub.example']) expect(server.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1']) expect(server.checkIP(address)).toBe(address);
  });

  it('makes no new root where a tenant is there and a file of the old one is not, and says which', async () => {
    const folder = temporaryFolder();
    const first = await startAuthority({ port: 0, dataFolder: folder, newRsaKey: authorityKeys() });
    await first.close();
    const files = ['ca.key.pem', 'ca.pem'].map((name) => join(folder, name));
    const whole = files.map((file) => readFileSync(file));
    for (const [at, file] of files.entries()) {
      const other = files[1 - at] ?? '';
      rmSync(file);
      await expect(startAuthority({ port: 0, dataFolder: folder })).rejects.toMatchObject({
        code: 'DATA_CORRUPT',
        message: `${file} is missing, and the tenant is there`,
        hint: expect.stringMatching(/restore the files .* or start with another folder/),
      });
      expect([existsSync(file), readFileSync(other)]).toEqual([false, whole[1 - at]]);
      for (const text of ['', 'no PEM', '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n']) {
        writeFileSync(file, text);
        await expect(startAuthority({ port: 0, dataFolder: folder })).rejects.toMatchObject({
          code: 'DATA_CORRUPT',
          message: expect.stringContaining(`${file} is `),
        });
        expect(readFileSync(file, 'utf8')).toBe(text);
      }
      writeFileSync(file, whole[at] ?? '');
    }
    const again = await startAuthority({ port: 0, dataFolder: folder });
    expect(again.caPem).toBe(first.caPem);
    await again.close();
  });

  it('finishes the making of a folder that was cut off before there was a tenant', async () => {
    const folder = temporaryFolder();
    const made = await open(folder);
    await made.close();
    const key = readFileSync(join(folder, 'ca.key.pem'), 'utf8');
    const certificate = readFileSync(join(folder, 'ca.pem'), 'utf8');
    rmSync(join(folder, 'ca.pem'));
    writeFileSync(join(folder, 'ca.pem.new'), certificate.slice(0, 100));
    const finished = await open(folder);
    expect(new X509Certificate(finished.ca.certificatePem).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(readFileSync(join(folder, 'ca.key.pem'), 'utf8')).toBe(key);
    await finished.close();
    rmSync(join(folder, 'ca.key.pem')); // as versions of before, which wrote the certificate first, may have left it
    const anew = await open(folder);
    expect(anew.ca.certificatePem).not.toBe(finished.ca.certificatePem);
    expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(anew.ca.certificatePem);
  });

  it('keeps root and index in its folder, the key for its owner only', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    const [kept, bound, revoked] = [first.issue(), first.issue(), first.issue()];
    first.ca.issued.bind(readCertificate(bound).serialHex, 'b');
    first.ca.issued.bind(readCertificate(revoked).serialHex, 'r');
    first.ca.issued.revokeDevice('r');
    await first.close();
    expect(statSync(join(folder, 'ca.key.pem')).mode & 0o777).toBe(0o600);
    const second = await open(folder);
    expect(second.ca.certificate).toEqual(first.ca.certificate);
    expect(second.ca.judge(kept)).toMatchObject({ standing: 'ok', entry: { userId: 'u' } });
    expect(second.ca.judge(bound)).toMatchObject({ entry: { deviceId: 'b' } });
    expect(second.ca.judge(revoked).standing).toBe('revoked');
  });

  it('knows nothing of a certificate whose entry cannot be read, and begins with the others', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    const [kept, lost] = [first.issue(), first.issue()];
    const serial = readCertificate(lost).serialHex;
    first.keep?.put(serial, { serial, isRevoked: 'no' });
    await first.close();
    const { ca } = await open(folder);
    expect([ca.judge(kept).standing, ca.judge(lost).standing, ca.issued.size]).toEqual(['ok', 'unknown', 1]);
  });

  it('does not begin with a key that is damaged', async () => {
    const other = temporaryFolder();
    await (await open(other)).close();
    writeFileSync(join(other, 'ca.key.pem'), 'no key');
    await expect(open(other)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  });

  it('forgets at its start the certificates that have expired', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    first.keep?.put('AB', { serial: 'AB', purpose: 'identity', expiresAt: startAt - 1, isRevoked: false });
    await first.close();
    expect((await open(folder)).ca.issued.size).toBe(0);
  });
});

describeWith('openssl')('its certificates, judged by openssl', () => {
  it('verify for what they are for', async () => {
    const { ca, clock, issue } = await open();
    const folder = temporaryFolder();
    const save = (name: string, text: string | Buffer) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const root = save('ca.pem', ca.certificatePem);
    const at = String(Math.floor(clock.now() / 1000));
    const verify = (purpose: string, file: string) =>
      openssl(['verify', '-x509_strict', '-attime', at, '-purpose', purpose, '-CAfile', root, file]).toString();
    expect(verify('sslclient', save('device.der', new X509Certificate(issue()).toString()))).toContain('OK');
    expect(verify('sslserver', save('server.pem', ca.server.certificate))).toContain('OK');
    const signer = new X509Certificate(Buffer.from((await ca.signer()).certificate)).toString();
    expect(verify('smimesign', save('signer.pem', signer))).toContain('OK');
  });
});
