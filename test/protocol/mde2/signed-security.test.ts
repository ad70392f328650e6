import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { valueTypes } from '../../../protocol/mde2/credentials.js';
import { encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { encodeRequestToken } from '../../../protocol/mde2/request-token.js';
import { isSignedSecurity, verifySignedSecurity } from '../../../protocol/mde2/signed-security.js';
import { readEnvelope } from '../../../protocol/soap/envelope.js';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { certificatePem, ecKey, noon, rsaKey, selfSigned } from '../x509/identities.js';

const device = selfSigned('device', rsaKey());
const signer = { certificate: device.certificate, privateKey: device.privateKey, now: noon };
const to = 'https://x.example/policy?a=1&b=<2>\r"\tx';
const requests: readonly (readonly [string, Buffer])[] = [
  ['GetPolicies', encodeGetPolicies({ to, signer })],
  [
    'RequestSecurityToken',
    encodeRequestToken({
      to,
      signer,
      requestType: 'Issue',
      token: Buffer.from('x'),
      tokenValueType: valueTypes.pkcs10,
      context: [],
    }),
  ],
];
const [, signed] = requests[0] ?? ['', Buffer.alloc(0)];

function codeOf(text: string): string {
  try {
    verifySignedSecurity(readEnvelope(Buffer.from(text)));
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'verified';
}

describe('a request that a certificate signed (by specification, unproven)', () => {
  it.each(requests)('is verified as it was written: %s', (_, request) => {
    const envelope = readEnvelope(request);
    expect(isSignedSecurity(envelope.security)).toBe(true);
    const { certificate, created, expires } = verifySignedSecurity(envelope);
    expect(certificate.der.equals(device.certificate)).toBe(true);
    expect(created).toEqual(noon);
    expect(expires.getTime() - created.getTime()).toBe(300_000);
  });

  it('is not, where another address, another time or another certificate stands in it', () => {
    const text = signed.toString();
    expect(codeOf(text)).toBe('verified');
    expect(codeOf(text.replace('x.example', 'y.example'))).toBe('CMS_SIGNATURE');
    expect(codeOf(text.replace('12:05:00.000Z', '13:05:00.000Z'))).toBe('CMS_SIGNATURE');
    const other = selfSigned('device', rsaKey(1024)).certificate.toString('base64');
    expect(codeOf(text.replace(device.certificate.toString('base64'), other))).toBe('CMS_SIGNATURE');
    const elliptic = selfSigned('device', ecKey()).certificate.toString('base64');
    expect(codeOf(text.replace(device.certificate.toString('base64'), elliptic))).toBe('CMS_SIGNATURE');
  });

  it('is none, where a part of it is missing', () => {
    const text = signed.toString();
    expect(codeOf(text.replace(/<u:Timestamp.*<\/u:Timestamp>/, ''))).toBe('MDE_MALFORMED');
    expect(codeOf(text.replace(/<ds:Signature .*<\/ds:Signature>/, ''))).toBe('MDE_MALFORMED');
    expect(codeOf(text.replace(/<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>'))).toBe('MDE_MALFORMED');
    expect(codeOf(text.replace(/X509v3/g, 'other'))).toBe('MDE_MALFORMED');
    const plain = readEnvelope(encodeGetPolicies({ to }));
    expect(isSignedSecurity(plain.security)).toBe(false);
  });
});

describeWith('xmlsec1')('xmlsec1', () => {
  it.each(requests)('verifies %s, and refuses it with another address', (_, request) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'device.pem'), certificatePem(device));
    const verdict = (text: string): boolean => {
      writeFileSync(join(folder, 'request.xml'), text);
      const ids = ['Timestamp', 'To'].flatMap((name) => ['--id-attr:Id', name]);
      const args = ['--verify', ...ids, '--pubkey-cert-pem', 'device.pem', '--enabled-key-data', 'rsa', 'request.xml'];
      try {
        execFileSync('xmlsec1', args, { cwd: folder, stdio: 'pipe' });
        return true;
      } catch {
        return false;
      }
    };
    expect(verdict(request.toString())).toBe(true);
    expect(verdict(request.toString().replace('x.example', 'y.example'))).toBe(false);
  });
});
