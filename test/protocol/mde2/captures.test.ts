import { expect, it } from 'vitest';
import { contextItems } from '../../../protocol/mde2/context-items.js';
import { readWindowsCsr } from '../../../protocol/mde2/csr.js';
import { decodeDiscover, decodeDiscoverResponse, encodeDiscover } from '../../../protocol/mde2/discover.js';
import { decodeGetPolicies, decodePoliciesResponse, encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { readProvisioning } from '../../../protocol/mde2/provisioning.js';
import { decodeRequestToken, decodeTokenResponse, encodeRequestToken } from '../../../protocol/mde2/request-token.js';
import { readEnvelope } from '../../../protocol/soap/envelope.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';

const capture = (name: string): Buffer => fixture(`windows/${name}`);
const text = (bytes: Buffer) => bytes.toString('utf8').trimEnd();
const user = { kind: 'username', username: 'demo@mdmwindows.com', password: 'demo' } as const;

describeWithFixtures('what a Windows 10 19043 client sent', () => {
  it('is its Discover, byte for byte', () => {
    const sent = encodeDiscover({
      to: 'https://EnterpriseEnrollment.mdmwindows.com:443/EnrollmentServer/Discovery.svc',
      emailAddress: 'demo@mdmwindows.com',
      requestVersion: '4.0',
      applicationVersion: '10.0.19043.2364',
      osEdition: 72,
      authPolicies: ['OnPremise', 'Federated'],
    });
    expect(sent.toString()).toBe(text(capture('win10-19043-discover.req.xml')));
    expect(encodeDiscover(decodeDiscover(capture('win10-19043-discover.req.xml')))).toEqual(sent);
  });

  it('is its GetPolicies, byte for byte', () => {
    const sent = encodeGetPolicies({ to: 'https://mdmwindows.com/EnrollmentServer/Policy.svc', credential: user });
    expect(sent.toString()).toBe(text(capture('win10-19043-getpolicies.req.xml')));
    expect(encodeGetPolicies(decodeGetPolicies(sent))).toEqual(sent);
  });

  it('is its RequestSecurityToken, byte for byte', () => {
    const sent = encodeRequestToken({
      to: 'https://mdmwindows.com/EnrollmentServer/Enrollment.svc',
      credential: user,
      requestType: 'Issue',
      token: capture('win10-19043-csr.der'),
      tokenValueType: 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10',
      context: contextItems({
        uxInitiated: true,
        hwDevId: '3B3ED6D0EA88CBFCF37D36F90F22FE61172348C0162FC3840D6703149870CE76',
        locale: 'en-US',
        targetedUserLoggedIn: true,
        osEdition: 72,
        deviceName: 'DESKTOP-28FGAI6',
        macs: [
          '00-0C-29-51-60-9D',
          '1A-77-20-52-41-53',
          '1A-77-20-52-41-53',
          '00-0C-29-51-60-A7',
          '18-14-20-52-41-53',
          '00-0C-29-51-60-93',
        ],
        deviceId: '1E08C6E95D8BB843B1278FF45BC60CC6',
        enrollmentType: 'Full',
        osVersion: '10.0.19043.2364',
        applicationVersion: '10.0.19043.2364',
        notInOobe: false,
      }),
    });
    expect(sent.toString()).toBe(text(capture('win10-19043-rst.req.xml')));
    const read = decodeRequestToken(sent);
    expect(encodeRequestToken(read)).toEqual(sent);
    expect(readWindowsCsr(read.token).deviceId).toBe('1E08C6E95D8BB843B1278FF45BC60CC6');
  });
});

describeWithFixtures('what other servers answered', () => {
  const latchz = (name: string) => capture(`servers/latchz/${name}`);
  const windowsMdm = (name: string) => capture(`servers/windows_mdm/${name}`);

  it('to Discover is read', () => {
    expect(decodeDiscoverResponse(latchz('01-discover.res.xml'))).toEqual({
      authPolicy: 'Federated',
      enrollmentVersion: '4.0',
      policyUrl: 'https://localhost:18443/xcep',
      serviceUrl: 'https://localhost:18443/wstep',
      authenticationUrl: 'https://localhost:18443/auth/login?flow=enroll',
    });
    expect(decodeDiscoverResponse(windowsMdm('01-discover.res.xml'))).toEqual({
      authPolicy: 'OnPremise',
      enrollmentVersion: '4.0',
      policyUrl: 'https://localhost:18446/EnrollmentServer/Policy.svc',
      serviceUrl: 'https://localhost:18446/EnrollmentServer/Enrollment.svc',
    });
  });

  it('to GetPolicies is read as far as it goes, and what was defaulted is said', () => {
    expect(decodePoliciesResponse(latchz('03-policy.res.xml'))).toMatchObject({
      keyLength: 2048,
      validitySeconds: 31_536_000,
      renewalSeconds: 2_592_000,
      commonName: 'PaneMDMClient',
      mayEnroll: true,
      defaulted: ['hashAlgorithmOIDReference: refers to nothing', 'algorithmOIDReference: refers to nothing'],
    });
    const nil = decodePoliciesResponse(windowsMdm('03-policy.res.xml'));
    expect(nil.keyLength).toBe(2048);
    expect(nil.digest).toBeUndefined();
    expect(nil.defaulted).toContain('policy: none in the reply');
  });

  it('with a provisioning document is read and judged', () => {
    for (const [reply, document] of [
      [latchz('04-rst.res.xml'), latchz('05-wap.xml')],
      [windowsMdm('04-rst.res.xml'), windowsMdm('05-wap.xml')],
    ] as const) {
      expect(decodeTokenResponse(reply).document.toString().trim()).toBe(document.toString().trim());
      const { certificates, application } = readProvisioning(document);
      expect(certificates.map(({ path }) => path.join('/'))).toEqual(['Root/System', 'My/User']);
      expect(application).toMatchObject({ client: { nonce: 'nonce' }, appSrv: { nonce: 'nonce', type: 'DIGEST' } });
    }
  });

  it('with a fault of HTTP 200 is a fault', () => {
    expect(readEnvelope(latchz('04-rst.fault.res.xml'), { isLiberal: true }).fault).toEqual({
      code: 'Receiver',
      reason: 'certificate issuance failed',
    });
  });
});

describeWithFixtures("Learn's sample of a Discover", () => {
  it('is read, whatever its white space and the order of its elements', () => {
    expect(decodeDiscover(capture('learn-discover-onprem-request.xml'))).toEqual({
      to: 'https://ENROLLTEST.CONTOSO.COM/EnrollmentServer/Discovery.svc',
      messageId: 'urn:uuid: 748132ec-a575-4329-b01b-6171a9cf8478',
      emailAddress: 'user@contoso.com',
      requestVersion: '3.0',
      deviceType: 'WindowsPhone',
      applicationVersion: '10.0.0.0',
      osEdition: 3,
      authPolicies: ['OnPremise'],
    });
  });
});
