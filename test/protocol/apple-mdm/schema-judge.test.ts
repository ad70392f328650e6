import { expect, test } from 'vitest';
import { parsePlistDict } from '../../../protocol/plist/parse.js';
import { dict, isDict, PlistReal } from '../../../protocol/plist/value.js';
import {
  accessRightOf,
  judgeCheckin,
  judgeCommand,
  judgeDdm,
  judgeDeclaration,
  judgeProfilePayload,
  judgeResult,
  judgeStatusItem,
} from '../../support/apple-schema.js';
import { describeWithFixtures, describeWithSchema, fixture } from '../../support/shared.js';

const done = { UDID: 'u', CommandUUID: 'c', Status: 'Acknowledged' };

describeWithSchema("the judge by Apple's schema", () => {
  test('finds a missing key, a foreign key and a wrong type', () => {
    expect(judgeCheckin('CheckOut', { MessageType: 'CheckOut', UDID: 5, Colour: 'red' })).toEqual([
      'CheckOut/Topic: missing',
      'CheckOut/UDID: not <string>',
      'CheckOut/Colour: not in the schema',
    ]);
  });

  test('finds keys of macOS, and the required ones of macOS not missing', () => {
    const message = { MessageType: 'Authenticate', Topic: 't', UDID: 'u', ModelName: 'iMac' };
    expect(judgeCheckin('Authenticate', message)).toEqual(['Authenticate/ModelName: not on iOS']);
  });

  test('wants UDID of a device and EnrollmentID of a User Enrollment', () => {
    const message = { MessageType: 'CheckOut', Topic: 't' };
    expect(judgeCheckin('CheckOut', message)).toEqual(['CheckOut/UDID: missing']);
    expect(judgeCheckin('CheckOut', message, { isUserEnrollment: true })).toEqual(['CheckOut/EnrollmentID: missing']);
    expect(judgeCheckin('CheckOut', { ...message, UDID: 'u', EnrollmentID: 'e' })).toEqual([
      'CheckOut/EnrollmentID: only in User Enrollment',
    ]);
  });

  test('knows reals from integers, and the range of a battery by its type only', () => {
    const answer = (QueryResponses: object) => judgeResult('DeviceInformation', { ...done, QueryResponses });
    expect(answer({ BatteryLevel: new PlistReal(1) })).toEqual([]);
    expect(answer({ BatteryLevel: 1 })).toEqual(['DeviceInformation/QueryResponses/BatteryLevel: not <real>']);
    expect(answer({ CellularTechnology: new PlistReal(1) })).toEqual([
      'DeviceInformation/QueryResponses/CellularTechnology: not <integer>',
    ]);
  });

  test('leaves DeviceInformation to what the platform and the enrollment may be asked', () => {
    const QueryResponses = { SerialNumber: 's', HostName: 'h' };
    const problems = judgeResult('DeviceInformation', { QueryResponses }, { isUserEnrollment: true });
    expect(problems).toContain('DeviceInformation/QueryResponses/SerialNumber: not in User Enrollment');
    expect(problems.some((problem) => problem.startsWith('DeviceInformation/QueryResponses/HostName:'))).toBe(true);
  });

  test('wants no answer of an Error, but the right shape of its chain', () => {
    expect(judgeResult('SecurityInfo', { ...done, Status: 'NotNow' })).toEqual([]);
    expect(judgeResult('SecurityInfo', done)).toEqual(['SecurityInfo/SecurityInfo: missing']);
    const ErrorChain = [{ ErrorCode: '1', ErrorDomain: 'D', LocalizedDescription: '' }];
    expect(judgeResult('SecurityInfo', { ...done, Status: 'Error', ErrorChain })).toEqual([
      'SecurityInfo/ErrorChain/0/ErrorCode: not <integer>',
    ]);
  });

  test('judges the Settings of a command by the item that they name', () => {
    const settings = (item: object) => judgeCommand('Settings', { RequestType: 'Settings', Settings: [item] });
    expect(settings({ Item: 'DeviceName', DeviceName: 'x' })).toEqual([]);
    expect(settings({ Item: 'DeviceName', DeviceName: 5 })).toEqual(['Settings/Settings/0/DeviceName: not <string>']);
    expect(settings({ Item: 'Wallpaper', Where: 4, Image: Buffer.of(1) })).toEqual([
      'Settings/Settings/0/Where: 4 is not one of 1, 2, 3',
    ]);
    expect(settings({ Item: 'HostName', HostName: 'h' })).toEqual(['Settings/Settings/0: HostName is not on iOS']);
    expect(settings({ Item: 'Mood' })).toEqual(['Settings/Settings/0: is no kind of item']);
    const off = judgeCommand(
      'Settings',
      { RequestType: 'Settings', Settings: [{ Item: 'Bluetooth', Enabled: true }] },
      { isSupervised: false },
    );
    expect(off).toEqual(['Settings/Settings/0: Bluetooth is only when supervised']);
  });

  test('judges the Settings of a result as the array that devices send', () => {
    const Settings = [{ Item: 'DeviceName', Status: 'Acknowledged' }];
    expect(judgeResult('Settings', { ...done, Settings })).toEqual([]);
    expect(judgeResult('Settings', { ...done, Settings: [{ Item: 'DeviceName' }] })).not.toEqual([]);
  });

  test('judges names that the schema leaves open', () => {
    const list = (item: object) =>
      judgeResult('ManagedApplicationList', { ManagedApplicationList: { 'org.example.a': item } });
    const item = {
      Status: 'Managed',
      ManagementFlags: 1,
      UnusedRedemptionCode: '',
      ExternalVersionIdentifier: 0,
      HasConfiguration: false,
      HasFeedback: false,
      IsValidated: true,
    };
    expect(list(item)).toEqual([]);
    expect(list({ ...item, Status: 'Fine' })[0]).toMatch(/org\.example\.a\/Status: Fine is not one of Queued/);
  });

  test('finds values outside their range, list or form', () => {
    const mdm = {
      PayloadIdentifier: 'i',
      PayloadType: 'com.apple.mdm',
      PayloadUUID: 'u',
      PayloadVersion: 1,
      IdentityCertificateUUID: 'CB90E976-AD44-4B69-8108-8095E6260978',
      Topic: 'com.apple.mgmt.x',
      ServerURL: 'https://mdm.example.org/mdm',
      AccessRights: 8191,
    };
    expect(judgeProfilePayload('com.apple.mdm', mdm)).toEqual([]);
    expect(judgeProfilePayload('com.apple.mdm', { ...mdm, ServerURL: 'http://mdm.example.org/' })).toHaveLength(1);
    expect(judgeProfilePayload('com.apple.mdm', { ...mdm, PayloadUUID: undefined })).toHaveLength(1);
    const wifi = { PayloadIdentifier: 'i', PayloadType: 'w', PayloadUUID: 'u', PayloadVersion: 1, SSID_STR: 'x' };
    expect(judgeProfilePayload('com.apple.wifi.managed', { ...wifi, ProxyServerPort: 65536 })).toEqual([
      'com.apple.wifi.managed/ProxyServerPort: 65536 is out of range',
    ]);
    expect(judgeProfilePayload('com.apple.wifi.managed', { ...wifi, EncryptionType: 'ROT13' })).toHaveLength(1);
  });

  test('does not know what Apple does not know', () => {
    expect(judgeCommand('MakeCoffee', {})).toHaveLength(1);
    expect(judgeResult('MakeCoffee', {})).toHaveLength(1);
    expect(judgeProfilePayload('com.example', {})).toHaveLength(1);
    expect(judgeDeclaration('com.example', {})).toHaveLength(1);
    expect(judgeStatusItem('device.shoe-size', 44)).toHaveLength(1);
    expect(judgeCommand('SetAutoAdminPassword', { RequestType: 'SetAutoAdminPassword' })[0]).toMatch(/not on iOS/);
  });

  test('wants a status item of an array whole, unless it says that it is removed', () => {
    const judge = (item: object) => judgeStatusItem('mdm.app', [item]);
    expect(judge({ identifier: 'a', _removed: true })).toEqual([]);
    expect(judge({ _removed: true })).toEqual([]);
    expect(judge({ state: 5 })).not.toEqual([]);
  });

  test('reads rights as the bits of AccessRights', () => {
    expect(accessRightOf('EraseDevice')).toBe(8);
    expect(accessRightOf('InstallApplication')).toBe(4096);
    expect(accessRightOf('DeviceInformation')).toBe(0);
    expect(accessRightOf('DeviceConfigured')).toBe(0);
    expect(() => accessRightOf('MakeCoffee')).toThrow();
  });

  test('judges declarations in JSON, where a real may look like an integer', () => {
    expect(judgeDdm('TokensResponse', {})).toEqual(['TokensResponse/SyncTokens: missing']);
    expect(judgeDeclaration('com.apple.configuration.passcode.settings', { MinimumLength: 6 })).toEqual([]);
    expect(judgeDeclaration('com.apple.configuration.passcode.settings', { MinimumLength: 99 })).toHaveLength(1);
    expect(judgeStatusItem('test.real-value', 5)).toEqual([]);
  });
});

describeWithFixtures('the judge and a profile of NanoMDM', () => {
  test('find nothing wrong with each other', () => {
    const profile = parsePlistDict(fixture('apple/nanomdm-enroll.mobileconfig'));
    expect(judgeProfilePayload('Configuration', profile)).toEqual([]);
    for (const payload of Array.isArray(profile['PayloadContent']) ? profile['PayloadContent'] : []) {
      const of = isDict(payload) ? payload : dict({});
      expect(judgeProfilePayload(String(of['PayloadType']), of)).toEqual([]);
    }
  });
});
