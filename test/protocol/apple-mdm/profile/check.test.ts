import { describe, expect, it } from 'vitest';
import { type CheckContext, checkProfile, removalTime } from '../../../../protocol/apple-mdm/profile/check.js';
import type { AppleProfile } from '../../../../protocol/apple-mdm/profile/profile.js';
import { readProfile } from '../../../../protocol/apple-mdm/profile/read.js';
import { dict, type PlistDict, PlistReal } from '../../../../protocol/plist/value.js';
import { exchange, ikev2, mdm, passcode, payload, profileBytes, refusalOf, scep, vpn, wifi } from './make.js';

const now = new Date('2026-11-21T12:00:00Z');
const read = (payloads: PlistDict[], top = {}): AppleProfile => readProfile(profileBytes(payloads, top));
const check = (profile: AppleProfile, context: Partial<CheckContext> = {}) =>
  refusalOf(() => checkProfile(profile, { supervised: true, now, heldProfiles: [], ...context }))?.codes;
const other = { PayloadIdentifier: 'com.example.other' };
const appLock = payload('com.apple.app.lock', 9, { App: dict({ Identifier: 'com.example.app' }) });

describe('the hour', () => {
  it('past the removal date refuses a profile with 4006', () => {
    expect(check(read([wifi()], { RemovalDate: new Date(now.getTime() - 1000) }))).toEqual([4006]);
    expect(check(read([wifi()], { RemovalDate: new Date(now.getTime() + 1000) }))).toBeUndefined();
    expect(check(read([wifi()], { DurationUntilRemoval: new PlistReal(0) }))).toEqual([4006]);
  });

  it('of removal is the earlier of date and duration', () => {
    const removalDate = new Date(now.getTime() + 10_000);
    expect(removalTime({ removalDate }, now)).toEqual(removalDate);
    expect(removalTime({ removalDate, durationUntilRemovalSeconds: 5 }, now)).toEqual(new Date(now.getTime() + 5000));
    expect(removalTime({}, now)).toBeUndefined();
    expect(removalTime({ durationUntilRemovalSeconds: 1e300 }, now)).toBeUndefined();
  });
});

describe('the device', () => {
  it('that is not supervised refuses what needs it with 4025 -> 29000', () => {
    const tunnels = dict({ TunnelConfigurations: [dict({ ProtocolType: 'IKEv2' })] });
    for (const one of [appLock, vpn('AlwaysOn', { AlwaysOn: tunnels })]) {
      expect(check(read([one]), { supervised: false })).toEqual([4025, 29000]);
      expect(check(read([one]))).toBeUndefined();
    }
    expect(check(read([ikev2()]), { supervised: false })).toBeUndefined();
  });

  it("in User Enrollment refuses VPN, and a Wi-Fi network's proxy, with 4023", () => {
    const userEnrollment = { userEnrollment: true, supervised: false };
    expect(check(read([ikev2()]), userEnrollment)).toEqual([4023]);
    expect(check(read([wifi({ ProxyType: 'Auto' })]), userEnrollment)).toEqual([4023]);
    expect(check(read([wifi(), exchange()]), userEnrollment)).toBeUndefined();
  });

  it('refuses a profile for a Mac with 4001 -> 1000 -> 1010', () => {
    expect(check(read([wifi()], { TargetDeviceType: 5 }))).toEqual([4001, 1000, 1010]);
    expect(check(read([wifi()], { TargetDeviceType: 1 }))).toBeUndefined();
  });

  it('takes some payloads from MDM only: 4022', () => {
    const proxy = payload('com.apple.dnsProxy.managed', 9, { AppBundleIdentifier: 'com.example.app' });
    expect(check(read([proxy]), { by: 'person' })).toEqual([4022]);
    expect(check(read([proxy]))).toBeUndefined();
  });

  it('refuses an ACME payload, which is not emulated, with 4023', () => {
    const acme = payload('com.apple.security.acme', 9, {
      DirectoryURL: 'https://acme.example.com',
      ClientIdentifier: 'x',
      KeySize: 2048,
      KeyType: 'RSA',
      HardwareBound: false,
      Subject: [],
    });
    expect(check(read([acme]))).toEqual([4023]);
  });
});

describe('what is held', () => {
  it('is replaced by a profile of the same identifier', () => {
    const held = read([wifi()]);
    expect(checkProfile(read([passcode()]), { supervised: true, now, heldProfiles: [held] })).toBe(held);
    expect(checkProfile(read([wifi()], other), { supervised: true, now, heldProfiles: [held] })).toBeUndefined();
  });

  it('cannot be updated by a profile of another identifier: 4010', () => {
    expect(check(read([wifi()]), { replaces: 'com.example.other' })).toEqual([4010]);
    expect(check(read([wifi()]), { replaces: 'com.example.profile' })).toBeUndefined();
  });

  it('cannot be updated by the authority when a person installed it: 4012', () => {
    const heldProfiles = [{ ...read([wifi()]), isManaged: false }];
    expect(check(read([wifi()]), { heldProfiles })).toEqual([4012]);
    expect(check(read([wifi()]), { heldProfiles, by: 'person' })).toBeUndefined();
  });

  it('has one app lock, proxy or home screen at most: 4019, 4017, 4028', () => {
    expect(check(read([appLock], other), { heldProfiles: [read([appLock])] })).toEqual([4019]);
    expect(check(read([appLock]), { heldProfiles: [read([appLock])] })).toBeUndefined();
    const proxies = [8, 9].map((at) => payload('com.apple.proxy.http.global', at, { ProxyType: 'Auto' }));
    expect(check(read(proxies))).toEqual([4017]);
    const home = [8, 9].map((at) => payload('com.apple.homescreenlayout', at, {}));
    expect(check(read(home))).toEqual([4028]);
  });

  it('has an Exchange account once: 4001 -> 1009 -> 21005', () => {
    const heldProfiles = [read([exchange()])];
    expect(check(read([exchange()], other), { heldProfiles })).toEqual([4001, 1009, 21005]);
    expect(check(read([exchange({ Host: 'EAS.example.com' })], other), { heldProfiles })).toEqual([4001, 1009, 21005]);
    expect(check(read([exchange({ UserName: 'bob' })], other), { heldProfiles })).toBeUndefined();
    expect(check(read([exchange()]), { heldProfiles })).toBeUndefined();
  });
});

describe('the MDM link', () => {
  const enrollment = (content = {}) => read([mdm(content), scep()]);

  it('is one per device: 4001 -> 12001', () => {
    const heldProfiles = [enrollment()];
    expect(check(read([mdm(), scep()], other), { heldProfiles })).toEqual([4001, 12001]);
    const two = [mdm(), mdm({ PayloadUUID: 'x', PayloadIdentifier: 'y' }), scep()];
    expect(refusalOf(() => read(two))?.codes).toEqual([4001, 12001]);
  });

  it('may be renewed by the same server, but not moved: 4001 -> 12009 -> 12012', () => {
    const heldProfiles = [enrollment()];
    expect(check(enrollment(), { heldProfiles })).toBeUndefined();
    expect(check(enrollment({ CheckInURL: 'https://mdm.example.com/mdm' }), { heldProfiles })).toBeUndefined();
    expect(check(enrollment({ SignMessage: true }), { heldProfiles })).toBeUndefined();
    const changes = [
      { ServerURL: 'https://elsewhere.example.com/' },
      { CheckInURL: 'https://elsewhere.example.com/' },
      { Topic: 'com.apple.mgmt.External.other' },
      { EnrollmentMode: 'BYOD' },
      { RequiredAppIDForMDM: 7 },
      { ServerCapabilities: ['com.apple.mdm.per-user-connections'] },
    ];
    for (const change of changes) expect(check(enrollment(change), { heldProfiles })).toEqual([4001, 12009, 12012]);
  });

  it('may lose rights in an update, but not win any: 4001 -> 12000', () => {
    const heldProfiles = [enrollment({ AccessRights: 3 })];
    expect(check(enrollment({ AccessRights: 1 }), { heldProfiles })).toBeUndefined();
    expect(check(enrollment({ AccessRights: 7 }), { heldProfiles })).toEqual([4001, 12000]);
    expect(check(enrollment(), { heldProfiles })).toEqual([4001, 12000]);
  });

  it('is not lost to a profile without it: 4015', () => {
    expect(check(read([wifi()]), { heldProfiles: [enrollment()] })).toEqual([4015]);
  });
});
