import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import {
  buildWindowsCsr,
  readRenewal,
  readWindowsCsr,
  type WindowsCsrForm,
  wrapRenewal,
} from '../../../protocol/mde2/csr.js';
import { createCmsSigner } from '../../../protocol/x509/cms.js';
import { buildCsr } from '../../../protocol/x509/csr.js';
import { children, type DerNode, readDer } from '../../../protocol/x509/der.js';
import { readOid } from '../../../protocol/x509/der-values.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { authority, certificatePem, noon, rsaKey } from '../x509/identities.js';

const key = rsaKey();
const deviceId = '1E08C6E95D8BB843B1278FF45BC60CC6';
const guid = 'BA405A5D-B1C7-4737-81C8-8F379A000000';
const made = (form: WindowsCsrForm, digest: 'sha1' | 'sha256' = form === 'win10' ? 'sha1' : 'sha256') =>
  buildWindowsCsr(form, { deviceId, guid, ...key, digest });

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'read';
}

/** Tags, and the content of what is no number, key or signature: what two requests of one form have in common. */
function shape(node: DerNode): unknown {
  if (node.tag === 0x06) return readOid(node);
  if ((node.tag & 0x20) !== 0) return [node.tag, ...children(node).map(shape)];
  return node.tag === 0x03 ? [node.tag, node.content.length] : [node.tag, node.content.toString('latin1')];
}

describeWithFixtures('the request of a Windows 10 19043 client', () => {
  const captured = fixture('windows/win10-19043-csr.der');

  it('has the structure of ours of that form, field by field', () => {
    expect(shape(readDer(made('win10')))).toEqual(shape(readDer(captured)));
    expect(made('win10')).toHaveLength(captured.length);
  });

  it('is read, its signature checked', () => {
    const read = readWindowsCsr(captured);
    expect(read.deviceId).toBe(deviceId);
    expect(read.subject).toEqual([[['CN', `BA405A5D-B1C7-4737-81C8-8F379A!${deviceId}\0`]]]);
    const damaged = Buffer.from(captured);
    damaged.writeUInt8((damaged.at(-1) ?? 0) ^ 1, damaged.length - 1);
    expect(codeOf(() => readWindowsCsr(damaged))).toBe('CMS_SIGNATURE');
  });
});

describe('a request for a certificate', () => {
  it.each(['win11', 'win10', 'strict'] as const)('of the form %s is read back, its key and device known', (form) => {
    const read = readWindowsCsr(made(form));
    expect(read.deviceId).toBe(deviceId);
    expect(read.publicKey.equals(key.publicKey)).toBe(true);
    expect(read.extendedKeyUsage).toEqual(form === 'win10' ? undefined : ['clientAuth']);
  });

  it('of the form win11 has a UTF8String of 63 bytes, clientAuth first, then the device without an inner tag', () => {
    const text = JSON.stringify(shape(readDer(made('win11'))));
    expect(text).toContain(JSON.stringify([0x0c, `BA405A5D-B1C7-4737-81C8-8F379A!${deviceId}`]));
    expect(text).toContain(JSON.stringify(['1.3.6.1.4.1.311.66.1.0', [0x04, `${deviceId}\0`]]).slice(1, -1));
    expect(text.indexOf('2.5.29.37')).toBeLessThan(text.indexOf('1.3.6.1.4.1.311.66.1.0'));
    expect(text).toContain('1.2.840.113549.1.1.11');
  });

  it('of the form strict has no extension that is no DER', () => {
    const text = JSON.stringify(shape(readDer(made('strict'))));
    expect(text).not.toContain('1.3.6.1.4.1.311.66.1.0');
    expect(text).toContain(JSON.stringify([0x0c, `BA405A5D-B1C7-4737-81C8-8F379A!${deviceId}`]));
  });

  it('takes the digest of the policy, and names SHA-1 by OIW at win10 alone', () => {
    const named = (form: WindowsCsrForm, digest: 'sha1' | 'sha256') =>
      JSON.stringify(shape(readDer(made(form, digest))));
    expect(named('win10', 'sha1')).toContain('1.3.14.3.2.29');
    expect(named('win10', 'sha256')).toContain('1.2.840.113549.1.1.11');
    expect(named('win11', 'sha1')).toContain('1.2.840.113549.1.1.5');
    for (const digest of ['sha1', 'sha256'] as const)
      expect(codeOf(() => readWindowsCsr(made('win10', digest)))).toBe('read');
  });

  it('of somebody else has no device in its name', () => {
    expect(readWindowsCsr(buildCsr({ subject: [[['CN', 'a!b']]], key })).deviceId).toBeUndefined();
    expect(readWindowsCsr(buildCsr({ subject: [], key })).deviceId).toBeUndefined();
  });

  it('that another key signed is refused in every form', () => {
    const { publicKey } = rsaKey(1024);
    for (const form of ['win11', 'win10', 'strict'] as const) {
      const forged = buildWindowsCsr(form, { deviceId, guid, privateKey: key.privateKey, publicKey, digest: 'sha1' });
      expect(codeOf(() => readWindowsCsr(forged))).toBe('CMS_SIGNATURE');
    }
  });
});

describe('the PKCS#7 of a renewal', () => {
  const old = authority(rsaKey(1024));

  it('holds the request for the new key and names the old certificate', () => {
    const { csr, signer } = readRenewal(wrapRenewal(made('win11'), old, noon));
    expect(csr.deviceId).toBe(deviceId);
    expect(signer.equals(old.certificate)).toBe(true);
  });

  it('is refused with a content that is no request, without one, or by another key', () => {
    const sign = createCmsSigner(old.certificate, old.privateKey);
    expect(codeOf(() => readRenewal(sign.sign(Buffer.from('hello'), noon)))).toBe('X509_MALFORMED');
    expect(codeOf(() => readRenewal(sign.sign(undefined, noon)))).toBe('CMS_MALFORMED');
    expect(codeOf(() => readRenewal(made('win11')))).toBe('CMS_MALFORMED');
    const foreign = wrapRenewal(made('win11'), { ...old, privateKey: rsaKey(1024).privateKey }, noon);
    expect(codeOf(() => readRenewal(foreign))).toBe('CMS_SIGNATURE');
  });
});

describeWith('openssl')('openssl', () => {
  it.each(['win11', 'strict'] as const)('verifies requests of the form %s', (form) => {
    const text = openssl(['req', '-inform', 'DER', '-verify', '-noout', '-text'], made(form)).toString();
    expect(text).toContain(`CN = BA405A5D-B1C7-4737-81C8-8F379A!${deviceId}`);
    expect(text).toContain('TLS Web Client Authentication');
    expect(text).toContain('sha256WithRSAEncryption');
  });

  it('reads the key of a request of the form win10', () => {
    const pem = openssl(['req', '-inform', 'DER', '-noout', '-pubkey'], made('win10')).toString();
    expect(createPublicKey(pem).equals(key.publicKey)).toBe(true);
  });

  it('verifies the PKCS#7 of a renewal and takes the request out of it', () => {
    const old = authority(rsaKey());
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ca.pem'), certificatePem(old));
    const csr = made('win11');
    const args = ['cms', '-verify', '-inform', 'DER', '-binary', '-purpose', 'any', '-CAfile', join(folder, 'ca.pem')];
    expect(openssl(args, wrapRenewal(csr, old, noon)).equals(csr)).toBe(true);
  });
});
