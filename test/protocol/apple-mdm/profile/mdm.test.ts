import { describe, expect, it } from 'vitest';
import { enrollmentOf, installOrder } from '../../../../protocol/apple-mdm/profile/enrollment.js';
import { readProfile } from '../../../../protocol/apple-mdm/profile/read.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import {
  accepted,
  codesOf,
  fault,
  mdm,
  passcode,
  payload,
  refusalOf,
  root,
  rootDer,
  rootUuid,
  scep,
  uuid,
  wifi,
} from './make.js';

const acme = payload('com.apple.security.acme', 102, {
  DirectoryURL: 'https://acme.example.com',
  ClientIdentifier: 'x',
  KeySize: 384,
  KeyType: 'ECSECPrimeRandom',
  HardwareBound: true,
  Subject: [],
});

describe('com.apple.mdm', () => {
  it('without a required key is refused with 4001 -> 1000 -> 2002, in the words of a device', () => {
    for (const key of ['Topic', 'ServerURL', 'IdentityCertificateUUID']) {
      const refusal = refusalOf(() => accepted(mdm({ [key]: undefined }), scep()));
      expect(refusal).toEqual({
        codes: [4001, 1000, 2002],
        domains: ['MCInstallationErrorDomain', 'MCProfileErrorDomain', 'MCPayloadErrorDomain'],
        why: `The required field “${key}” is missing.`,
      });
    }
  });

  it('at an address that is not https is refused with 2004, unless http is allowed', () => {
    expect(fault(mdm({ ServerURL: 'http://x/' }), scep())).toEqual([[4001, 1000, 2004], 'ServerURL']);
    expect(fault(mdm({ CheckInURL: 'http://x/' }), scep())).toEqual([[4001, 1000, 2004], 'CheckInURL']);
    expect(fault(mdm({ ServerURL: 'https://' }), scep())?.[0]).toEqual([4001, 1000, 2004]);
    const plain = [mdm({ ServerURL: 'http://localhost:8080/mdm' }), scep()];
    expect(codesOf(plain, {}, { allowHttp: true })).toBeUndefined();
    expect(codesOf([mdm({ ServerURL: 'ftp://x/' }), scep()], {}, { allowHttp: true })).toEqual([4001, 1000, 2004]);
  });

  it('with a topic that is no management topic is refused with 4001 -> 12022', () => {
    expect(codesOf([mdm({ Topic: 'com.example.topic' }), scep()])).toEqual([4001, 12022]);
  });

  it('whose identity is not an identity of the profile is refused with 4001 -> 1009 -> 12005', () => {
    expect(codesOf([mdm()])).toEqual([4001, 1009, 12005]);
    expect(codesOf([mdm({ IdentityCertificateUUID: rootUuid }), root()])).toEqual([4001, 1009, 12005]);
    expect(codesOf([mdm({ IdentityCertificateUUID: 'x' }), scep()])).toEqual([4001, 1000, 2004]);
  });

  it('whose pinned certificates are not in the profile is refused with 4001 -> 1009 -> 12005', () => {
    const pinned = mdm({ ServerURLPinningCertificateUUIDs: [rootUuid] });
    expect(codesOf([pinned, scep(), root()])).toBeUndefined();
    expect(codesOf([pinned, scep()])).toEqual([4001, 1009, 12005]);
  });

  it('with access rights that make no sense is refused with 4001 -> 12000', () => {
    for (const rights of [0, -1, 2, 128, 8192])
      expect(codesOf([mdm({ AccessRights: rights }), scep()]), String(rights)).toEqual([4001, 12000]);
    for (const rights of [1, 3, 192, 8191]) expect(codesOf([mdm({ AccessRights: rights }), scep()])).toBeUndefined();
  });

  it('with a capability that is not known is refused with 2004', () => {
    expect(fault(mdm({ ServerCapabilities: ['com.apple.mdm.telepathy'] }), scep())?.[0]).toEqual([4001, 1000, 2004]);
  });
});

describe('the enrollment', () => {
  it('of a profile without an MDM payload is none', () => {
    expect(enrollmentOf(accepted(wifi()))).toBeUndefined();
  });

  it('has the defaults of the schema', () => {
    expect(enrollmentOf(accepted(mdm(), scep()))).toMatchObject({
      topic: 'com.apple.mgmt.External.example',
      serverUrl: 'https://mdm.example.com/mdm',
      checkInUrl: 'https://mdm.example.com/mdm',
      signMessage: false,
      accessRights: 8191,
      checkOutWhenRemoved: false,
      serverCapabilities: [],
      pinnedCertificates: { server: [], checkIn: [] },
      identity: { type: 'scep', url: 'https://mdm.example.com/scep', keySizeBits: 1024 },
    });
  });

  it('knows the certificates that its addresses are pinned to', () => {
    const made = mdm({
      CheckInURL: 'https://checkin.example.com/',
      CheckInURLPinningCertificateUUIDs: [rootUuid],
      AssignedManagedAppleID: 'ann@example.com',
      EnrollmentMode: 'BYOD',
    });
    const enrollment = enrollmentOf(accepted(made, scep(), root()));
    expect(enrollment?.checkInUrl).toBe('https://checkin.example.com/');
    expect(enrollment?.pinnedCertificates).toEqual({ server: [], checkIn: [rootDer] });
    expect(enrollment).toMatchObject({ assignedManagedAppleId: 'ann@example.com', enrollmentMode: 'BYOD' });
  });

  it('with an identity by ACME is refused with its reason', () => {
    const profile = accepted(mdm({ IdentityCertificateUUID: uuid(102) }), acme);
    const refusal = refusalOf(() => enrollmentOf(profile));
    expect(refusal?.codes).toEqual([4001, 1009, 12016]);
    expect(refusal?.why).toContain('ACME');
  });

  it('installs certificates first, fetched identities next, and the link last', () => {
    const { payloads } = accepted(mdm(), wifi(), scep(), passcode(), root());
    expect(installOrder(payloads).map(({ type }) => type.slice('com.apple.'.length))).toEqual([
      'security.root',
      'security.scep',
      'wifi.managed',
      'mobiledevice.passwordpolicy',
      'mdm',
    ]);
  });
});

describe('a passcode policy', () => {
  it('outside the ranges of the schema is refused with 2004', () => {
    const inside = { maxFailedAttempts: 2, maxInactivity: 15, maxPINAgeInDays: 730, minLength: 16, pinHistory: 50 };
    expect(fault(passcode(inside))).toBeUndefined();
    const outside = { maxFailedAttempts: 12, maxInactivity: 16, maxPINAgeInDays: 731, minLength: 17, pinHistory: 0 };
    for (const [key, value] of Object.entries(outside))
      expect(fault(passcode({ [key]: value }))).toEqual([[4001, 1000, 2004], key]);
    expect(fault(passcode({ forcePIN: 1 }))).toEqual([[4001, 1000, 2003], 'forcePIN']);
  });
});

describeWithFixtures("NanoMDM's enrollment profile", () => {
  it('tells where and how to enroll', () => {
    const enrollment = enrollmentOf(readProfile(fixture('apple/nanomdm-enroll.mobileconfig')));
    expect(enrollment).toMatchObject({
      topic: 'com.apple.mgmt.External.YOUR-PUSH-TOPIC-HERE',
      serverUrl: 'https://mdm.example.org/mdm',
      checkInUrl: 'https://mdm.example.org/mdm',
      signMessage: true,
      accessRights: 8191,
      checkOutWhenRemoved: true,
      identity: {
        type: 'scep',
        url: 'https://mdm.example.org/scep',
        challenge: 'SCEP-CHALLENGE-HERE',
        keySizeBits: 2048,
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        subject: [],
      },
    });
    expect(enrollment?.serverCapabilities).toHaveLength(3);
  });
});
