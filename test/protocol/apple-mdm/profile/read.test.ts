import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../../base/errors.js';
import { chainOf } from '../../../../protocol/apple-mdm/error-chain.js';
import { readProfile } from '../../../../protocol/apple-mdm/profile/read.js';
import { buildPlist } from '../../../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../../../protocol/plist/build-binary.js';
import { dict, PlistReal } from '../../../../protocol/plist/value.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import { codesOf, mail, passcode, payload, profileBytes, refusalOf, root, topLevel, uuid, wifi } from './make.js';

describe('the profile itself', () => {
  it('is read with everything that it says of itself', () => {
    const profile = readProfile(
      profileBytes([passcode({ PayloadDisplayName: 'Passcode', PayloadOrganization: 'Example' })], {
        PayloadDisplayName: 'Example',
        PayloadDescription: 'For work',
        PayloadOrganization: 'Example Ltd',
        PayloadRemovalDisallowed: true,
        PayloadScope: 'System',
        RemovalDate: new Date('2030-01-01T00:00:00Z'),
        DurationUntilRemoval: new PlistReal(3600.5),
        PayloadExpirationDate: new Date('2029-01-01T00:00:00Z'),
        TargetDeviceType: 1,
        ConsentText: dict({ default: 'Do you agree?' }),
      }),
    );
    expect(profile).toMatchObject({
      identifier: 'com.example.profile',
      uuid: uuid(999),
      version: 1,
      displayName: 'Example',
      description: 'For work',
      organization: 'Example Ltd',
      removalDisallowed: true,
      hasRemovalPasscode: false,
      isEncrypted: false,
      removalDate: new Date('2030-01-01T00:00:00Z'),
      durationUntilRemovalSeconds: 3600.5,
      scope: 'System',
      targetDeviceType: 1,
      signerCertificates: [],
    });
    expect({ ...profile.consentText }).toEqual({ default: 'Do you agree?' });
    expect(profile.payloads).toHaveLength(1);
    expect(profile.payloads[0]).toMatchObject({
      type: 'com.apple.mobiledevice.passwordpolicy',
      displayName: 'Passcode',
    });
    expect(profile.payloads[0]?.content['forcePIN']).toBe(true);
  });

  it('may be a binary property list', () => {
    expect(readProfile(buildBinaryPlist(topLevel([wifi()]))).payloads[0]?.type).toBe('com.apple.wifi.managed');
  });

  it('that is neither a property list nor CMS is refused with 4000 -> 1000', () => {
    for (const bytes of ['', 'hello', '<?xml version="1.0"?><html/>', 'bplist00', '<plist><array/></plist>']) {
      const refusal = refusalOf(() => readProfile(Buffer.from(bytes)));
      expect(refusal?.codes, bytes).toEqual([4000, 1000]);
      expect(refusal?.domains).toEqual(['MCInstallationErrorDomain', 'MCProfileErrorDomain']);
    }
  });

  it('that is larger than allowed is refused before it is parsed', () => {
    const limits = { maxBytes: 100, maxDepth: 10, maxNodes: 10 };
    expect(refusalOf(() => readProfile(profileBytes([wifi()]), { limits }))?.codes).toEqual([4000, 1000]);
  });

  it('without a required key is refused with 4001 -> 1000 -> 1002 and names the key', () => {
    for (const key of ['PayloadIdentifier', 'PayloadUUID', 'PayloadType', 'PayloadVersion']) {
      const refusal = refusalOf(() => readProfile(profileBytes([wifi()], { [key]: undefined })));
      expect(refusal?.codes, key).toEqual([4001, 1000, 1002]);
      expect(refusal?.why).toBe(`The required field “${key}” is missing.`);
    }
    expect(codesOf([wifi()], { PayloadIdentifier: '' })).toEqual([4001, 1000, 1002]);
  });

  it('with a key of another type is refused with 4001 -> 1000 -> 1003', () => {
    expect(codesOf([wifi()], { PayloadDisplayName: 7 })).toEqual([4001, 1000, 1003]);
    expect(codesOf([wifi()], { RemovalDate: 'tomorrow' })).toEqual([4001, 1000, 1003]);
    expect(codesOf([], { PayloadContent: 'text' })).toEqual([4001, 1000, 1003]);
    expect(codesOf(['text'])).toEqual([4001, 1000, 1003]);
    expect(codesOf([wifi()], { ConsentText: dict({ en: 1 }) })).toEqual([4001, 1000, 1003]);
  });

  it('with a value that is not supported is refused with 4001 -> 1000 -> 1010', () => {
    expect(codesOf([wifi()], { PayloadType: 'Profile Service' })).toEqual([4001, 1000, 1010]);
    expect(codesOf([wifi()], { PayloadScope: 'Everybody' })).toEqual([4001, 1000, 1010]);
    expect(codesOf([wifi()], { TargetDeviceType: 7 })).toEqual([4001, 1000, 1010]);
  });

  it('of another version is refused with 4001 -> 1001', () => {
    expect(codesOf([wifi()], { PayloadVersion: 2 })).toEqual([4001, 1001]);
  });

  it('without payloads is refused with 4001 -> 1005', () => {
    expect(codesOf([])).toEqual([4001, 1005]);
    expect(codesOf([], { PayloadContent: undefined })).toEqual([4001, 1005]);
  });

  it('with a payload for a removal password is known to have one', () => {
    const password = payload('com.apple.profileRemovalPassword', 9, { RemovalPassword: 'x' });
    expect(readProfile(profileBytes([wifi(), password])).hasRemovalPasscode).toBe(true);
  });
});

describe('a payload', () => {
  it('without a key that every payload has is refused with 4001 -> 1000 -> 2002', () => {
    for (const key of ['PayloadType', 'PayloadIdentifier', 'PayloadUUID', 'PayloadVersion']) {
      for (const value of key === 'PayloadVersion' ? [undefined] : [undefined, '']) {
        const refusal = refusalOf(() => readProfile(profileBytes([wifi({ [key]: value })])));
        expect(refusal?.codes, key).toEqual([4001, 1000, 2002]);
        expect(refusal?.domains[2]).toBe('MCPayloadErrorDomain');
        expect(refusal?.why).toBe(`The required field “${key}” is missing.`);
      }
    }
  });

  it('of another version is refused with 4001 -> 1000 -> 2001', () => {
    expect(codesOf([wifi({ PayloadVersion: 2 })])).toEqual([4001, 1000, 2001]);
  });

  it('whose version is a whole real, as Apple Configurator writes it, is accepted', () => {
    expect(codesOf([wifi({ PayloadVersion: new PlistReal(1) })])).toBeUndefined();
    expect(codesOf([wifi({ PayloadVersion: new PlistReal(1.5) })])).toEqual([4001, 1000, 2003]);
  });

  it('with the UUID of another is refused with 4002 -> 1007', () => {
    expect(codesOf([wifi(), mail({ PayloadUUID: uuid(4) })])).toEqual([4002, 1007]);
  });

  it('with the identifier of another is refused with 4001 -> 1008', () => {
    expect(codesOf([wifi(), mail({ PayloadIdentifier: 'com.example.payload4' })])).toEqual([4001, 1008]);
  });

  it('of a type that is not known is kept as it came', () => {
    const font = payload('com.apple.font', 8, { Font: Buffer.from('x'), Deep: dict({ list: [1, 'two'] }) });
    const [read] = readProfile(profileBytes([font])).payloads;
    expect(buildPlist(read?.content ?? '')).toEqual(buildPlist(font));
  });

  it('is not shaken by keys that are names of JavaScript', () => {
    const odd = payload('com.apple.font', 8, { constructor: 'x', toString: 1, hasOwnProperty: true });
    expect(codesOf([odd])).toBeUndefined();
    expect(codesOf([wifi({ constructor: 'x' })])).toBeUndefined();
  });
});

describeWithFixtures('profiles of others', () => {
  it("NanoMDM's enrollment profile is accepted", () => {
    const profile = readProfile(fixture('apple/nanomdm-enroll.mobileconfig'));
    expect(profile.identifier).toBe('com.github.micromdm.nanomdm');
    expect(profile.payloads.map(({ type }) => type)).toEqual(['com.apple.security.scep', 'com.apple.mdm']);
  });

  it("micromdm's SCEP test profile, written by Apple's own tool with a PEM root and a real version, is accepted", () => {
    const profile = readProfile(fixture('scep/micromdm-sceptest.mobileconfig'));
    expect(profile.payloads.map(({ type }) => type)).toEqual(['com.apple.security.scep', 'com.apple.security.root']);
  });
});

it('a refusal quotes little of what it refuses: the chain goes into the answer and the log', () => {
  const long = 'x'.repeat(1_000_000);
  for (const made of [
    wifi({ PayloadIdentifier: long, SSID_STR: 7 }),
    root({ PayloadIdentifier: long, PayloadContent: Buffer.of(1) }),
  ]) {
    try {
      readProfile(profileBytes([made]));
      expect.fail('it was accepted');
    } catch (error) {
      if (!isRollcallError(error, 'PROFILE_REFUSED')) throw error;
      expect(chainOf(error)).toHaveLength(3);
      expect(error.message.length + JSON.stringify(error.details).length).toBeLessThan(5_000);
    }
  }
});
