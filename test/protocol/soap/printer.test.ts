import { expect, it } from 'vitest';
import { printBody } from '../../../protocol/printers.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';

const shown = (name: string) => printBody('application/soap+xml; charset=utf-8', fixture(`windows/${name}`)).join('\n');

describeWithFixtures('an enrollment in a trace', () => {
  it('shows the request with its certification request, and no password', () => {
    const text = shown('win10-19043-rst.req.xml');
    for (const part of [
      'Username: "demo@mdmwindows.com"',
      'Password: [secret]',
      'certification request CN=BA405A5D-B1C7-4737-81C8-8F379A!1E08C6E95D8BB843B1278FF45BC60CC6, rsa 2048',
      'ContextItem HWDevID: "3B3ED6D0EA88CBFCF37D36F90F22FE61172348C0162FC3840D6703149870CE76"',
    ])
      expect(text).toContain(part);
  });

  it('shows the reply with its document and the certificates in it, and no secret', () => {
    const text = shown('servers/latchz/04-rst.res.xml');
    for (const part of [
      '          provisioning document\n            CertificateStore:',
      'certificate O=Latchz MDM, CN=Latchz Root CA, self-issued',
      'AAUTHSECRET: [secret]',
      'IntervalForRemainingScheduledRetries: "1560"',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('dummy-secret');
  });

  it('shows policies whose prefix nothing binds, and faults', () => {
    expect(shown('servers/windows_mdm/03-policy.res.xml')).toContain('GetPoliciesResponse:\n    response');
    expect(shown('servers/latchz/03-policy.res.xml')).toContain('minimalKeyLength: "2048"');
    expect(shown('servers/latchz/04-rst.fault.res.xml')).toContain('Text: "certificate issuance failed"');
  });
});
