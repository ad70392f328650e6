import { describe, expect, test } from 'vitest';
import { deviceQueries } from '../../../protocol/apple-mdm/device-queries.js';
import {
  accessRights,
  allAccessRights,
  hasRights,
  isRequestType,
  isSince,
  type Requirement,
  requestTypes,
  requirementOf,
} from '../../../protocol/apple-mdm/request-types.js';
import { isEnforced, restrictionKeys } from '../../../protocol/apple-mdm/restriction-keys.js';
import {
  accessRightOf,
  deviceInformationQueries,
  isOnIos,
  rightBit,
  schemaFile,
  schemaFiles,
  schemaTypes,
} from '../../support/apple-schema.js';
import { describeWithSchema } from '../../support/shared.js';

describe('the table of requests', () => {
  test('each access right is one bit, and all of them are 8191', () => {
    const bits = Object.values(accessRights);
    expect(bits).toEqual(bits.map((_, index) => 2 ** index));
    expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(allAccessRights);
  });

  test('a request of two rights needs both', () => {
    expect(hasRights(3, 3)).toBe(true);
    expect(hasRights(1, 3)).toBe(false);
    expect(hasRights(0, 0)).toBe(true);
  });

  test.each(['MakeCoffee', 'toString', '__proto__', ''])('"%s" is no request', (name) => {
    expect(isRequestType(name)).toBe(false);
    expect(requirementOf(name)).toBeUndefined();
  });

  test.each([
    ['18.1', '18.0', true],
    ['18.0', '18.0', true],
    ['18', '18.0', true],
    ['17.6.1', '18.0', false],
    ['9.3.1', '9.3.2', false],
    ['9.3.2', '9.3.2', true],
    ['16.10', '16.4', true],
    ['not a version', '4.0', false],
  ])('a device of iOS %s knows what came with %s: %s', (own, since, knows) => {
    expect(isSince(own, since)).toBe(knows);
  });

  test('a restriction is enforced where the device is supervised, if it needs that, and new enough', () => {
    const phone = { osVersion: '17.6.1', supervised: false };
    expect(isEnforced('forceEncryptedBackup', phone)).toBe(true);
    expect(isEnforced('allowAppInstallation', phone)).toBe(false);
    expect(isEnforced('allowAppInstallation', { ...phone, supervised: true })).toBe(true);
    expect(isEnforced('allowGenmoji', { ...phone, supervised: true })).toBe(false);
    expect(isEnforced('allowGenmoji', { osVersion: '18.0', supervised: true })).toBe(true);
    expect(isEnforced('allowCoffee', phone)).toBe(false);
  });

  test('wiping a device needs the right to erase', () => {
    expect(requirementOf('EraseDevice')).toMatchObject({ rights: accessRights.erase, isInUserEnrollment: false });
  });
});

describeWithSchema("the tables by Apple's schema", () => {
  const folder = 'mdm/commands';
  const ofIos = schemaTypes(folder).filter((type) => schemaFiles(folder, type).some(isOnIos));

  test('every command of iOS has a row, and no other has', () => {
    expect(Object.keys(requestTypes).sort()).toEqual(ofIos.sort());
  });

  test.each(ofIos)('%s needs what the schema says', (type) => {
    const ios = schemaFiles(folder, type)[0]?.payload.supportedOS?.['iOS'];
    const expected: Requirement = {
      rights: accessRightOf(type),
      isSupervisedOnly: ios?.supervised === true,
      isInUserEnrollment: ios?.userenrollment?.mode !== 'forbidden',
      isSharedIpadOnly: ios?.sharedipad?.mode === 'required' || ios?.sharedipad?.devicechannel === false,
      since: ios?.introduced ?? '4.0',
    };
    expect(requirementOf(type)).toEqual(expected);
  });

  test('every query of DeviceInformation has a row, and needs what the schema says', () => {
    const expected = new Map<string, Requirement>();
    for (const query of deviceInformationQueries()) {
      const ios = query.supportedOS?.['iOS'] ?? {};
      if (ios.introduced === 'n/a' || ios.removed !== undefined) continue;
      expected.set(query.key, {
        rights: rightBit(ios.accessrights),
        isSupervisedOnly: ios.supervised === true,
        isInUserEnrollment: ios.userenrollment?.mode !== 'forbidden',
        isSharedIpadOnly: ios.sharedipad?.mode === 'required' || ios.sharedipad?.devicechannel === false,
        since: ios.introduced ?? '4.0',
      });
    }
    expect(new Map([...deviceQueries].sort())).toEqual(new Map([...expected].sort()));
  });

  test('every restriction of iOS has a row, and needs what the schema says', () => {
    const keys = schemaFile('mdm/profiles/com.apple.applicationaccess.yaml').payloadkeys ?? [];
    const expected = keys.flatMap(({ key, supportedOS }) => {
      const ios = supportedOS?.['iOS'];
      if (ios?.introduced === 'n/a') return [];
      return [[key, { since: ios?.introduced ?? '4.0', isSupervisedOnly: ios?.supervised === true }] as const];
    });
    expect(new Map([...restrictionKeys].sort())).toEqual(new Map(expected.sort()));
  });
});
