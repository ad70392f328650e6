import { describe, expect, test } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { plainProfile } from '../../../server-stub/admin/shown.js';
import type { TenantProblem } from '../../../server-stub/tenant-file/problems.js';
import { readTenantFile } from '../../../server-stub/tenant-file/read.js';
import { writeTenantFile } from '../../../server-stub/tenant-file/write.js';
import { open } from '../core/support.js';

/** `line:column path: message` */
function told(text: string): string[] {
  try {
    readTenantFile(text);
  } catch (error) {
    if (!isRollcallError(error, 'TENANT_INVALID')) throw error;
    const problems = error.details['problems'] as readonly TenantProblem[];
    return problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
  return [];
}

const file = `
version: 1
users: [{ upn: ann@x.example, groups: [Sales] }]
enrollment:
  deviceLimit: 2
  minimumOs: { ios: "16.0", windows: "10.0.19045" }
  minimumCompanyPortal: { android: "5.0" }
  restrictions:
    - { groups: [Sales], deviceLimit: 5, ios: { osMinimum: "17.0", osMaximum: "18" }, android: { blockedManufacturers: [Acme] } }
    - { name: Few, groups: [Sales, Staff], deviceLimit: 1 }
    - { default: true, windows: { personal: block }, android: { platform: block, personal: allow } }
    - { groups: [Staff] }
corporateDevices: [{ serial: F4K0001 }, { imei: "35-693803-564380-9", description: lent }, { manufacturer: "Acme Co., Ltd.", model: PC 5, serial: X1 }]
autopilot: [{ serial: PC-1, profile: Office PC, user: ANN@x.example }, { serial: PC-2 }]
autopilotProfiles: [{ name: Office PC, mode: selfDeploying }]
bulkTokens: [{ name: warehouse, expires: 2026-12-31 }, { name: shop, expires: 2027-01-01T12:00:00Z, token: T }]
consents: { applePush: given, androidWorkProfiles: withdrawn }
bms: { exclude: [Board] }
`;

describe('who may enroll, in a tenant file', () => {
  test('is read: restrictions by kind in the order of the file, the default first', () => {
    const tenant = readTenantFile(file);
    const idOf = (name: string) => tenant.groups?.find(({ displayName }) => displayName === name)?.id;
    expect(tenant.settings).toMatchObject({
      deviceLimitPerUser: 2,
      minimumOs: { ios: '16.0', windows: '10.0.19045' },
      minimumCompanyPortal: { android: '5.0' },
    });
    expect(tenant.restrictions?.map(({ id: _, ...each }) => each)).toEqual([
      {
        kind: 'platforms',
        displayName: 'All users and all devices',
        priority: 0,
        groups: [],
        platforms: { windows: { personalBlocked: true }, android: { blocked: true, personalBlocked: false } },
      },
      {
        kind: 'platforms',
        displayName: 'Sales',
        priority: 1,
        groups: [idOf('Sales')],
        platforms: { ios: { osMinimum: '17.0', osMaximum: '18' }, android: { blockedManufacturers: ['Acme'] } },
      },
      { kind: 'platforms', displayName: 'Staff', priority: 2, groups: [idOf('Staff')], platforms: {} },
      { kind: 'limit', displayName: 'Sales', priority: 1, groups: [idOf('Sales')], limit: 5 },
      { kind: 'limit', displayName: 'Few', priority: 2, groups: [idOf('Sales'), idOf('Staff')], limit: 1 },
    ]);
    expect(tenant).toMatchObject({
      corporateDevices: [
        { type: 'serialNumber', value: 'F4K0001' },
        { type: 'imei', value: '35-693803-564380-9', description: 'lent' },
        { type: 'manufacturerModelSerial', value: 'Acme Co., Ltd.,PC 5,X1' },
      ],
      autopilot: [
        { serial: 'PC-1', profileId: tenant.autopilotProfiles?.[0]?.id, userId: tenant.users[0]?.id },
        { serial: 'PC-2' },
      ],
      autopilotProfiles: [{ displayName: 'Office PC', mode: 'selfDeploying' }],
      consents: { androidWorkProfiles: false },
      bmsExclusions: [idOf('Board')],
    });
    expect(tenant.consents).not.toHaveProperty('applePush');
    expect(tenant.autopilot?.[1]).not.toHaveProperty('profileId');
  });

  test('counts: a tenant that begins with it makes the tokens that are not given, each time others', () => {
    const begin = () => open(readTenantFile(file)).tenant;
    const tenant = begin();
    const [warehouse, shop] = tenant.bulkTokens();
    expect([warehouse?.expiresAt, shop]).toMatchObject([Date.parse('2026-12-31'), { token: 'T' }]);
    expect(warehouse?.token).toMatch(/^[\w-]{43}$/);
    expect(tenant.corporateDevices()[0]?.createdAt).toBeGreaterThan(0);
    expect(tenant.consent('androidWorkProfiles').given).toBe(false);
    expect(tenant.restriction('default')).toMatchObject({ platforms: { android: { blocked: true } } });
  });

  test('tells its mistakes with their places, beside all others', () => {
    const text = `users: [{ upn: a@b.example }]
settings: { deviceLimitPerUser: 3 }
consents: { applPush: given }
enrollment:
  deviceLimit: 2
  minimumOs: { ios: 16.0 }
  restrictions:
    - { ios: { osMinimum: "17.0" } }
    - { default: true, groups: [A], deviceLimit: 2, id: x }
    - { default: true }
    - { groups: [A], iso: { platform: block } }
    - { groups: [A], android: { platform: blocked, osMaximum: new } }
    - { groups: [A], id: y, deviceLimit: 1, ios: {} }
    - { groups: [A], deviceLimit: 3, id: default }
    - { groups: [B] }
    - { groups: [B], windows: { personal: block } }
corporateDevices: [{ serial: S, imei: "1" }, {}, { serial: A }, { serial: a }, { model: M, serial: S }, { manufacturer: N, model: M, imei: "1" }]
autopilot: [{ serial: P, profile: Offcie, user: c@d.example }, { serial: p }]
autopilotProfiles: [{ name: Office, mode: userDriven }, { name: Office, mode: user }]
bulkTokens: [{ name: t, expires: soon }, { name: u, expires: 2026-12-31, token: x }, { name: u, expires: 2026-12-31, token: x }]
bms: { exclusions: [Board] }
`;
    expect(told(text)).toEqual([
      '3:13 consents.applPush: is no word of a tenant file here; did you mean applePush?',
      '6:21 enrollment.minimumOs.ios: expected a version in quotes, such as "17.0"',
      '8:7 enrollment.restrictions[0]: expected groups: whom it is for; or default: true',
      '9:24 enrollment.restrictions[1].groups: the default is for everybody',
      '9:37 enrollment.restrictions[1].deviceLimit: is written as enrollment.deviceLimit',
      '9:53 enrollment.restrictions[1].id: the default has none of its own',
      '10:18 enrollment.restrictions[2].default: the default is listed twice',
      '11:22 enrollment.restrictions[3].iso: is no word of a tenant file here; did you mean ios?',
      '12:43 enrollment.restrictions[4].android.platform: expected one of block, allow',
      '12:63 enrollment.restrictions[4].android.osMaximum: expected a version in quotes, such as "17.0"',
      '13:22 enrollment.restrictions[5].id: with platforms and deviceLimit it is two restrictions, each with an id made of its name',
      '13:26 enrollment.restrictions[5].id: a restriction "A" is listed twice',
      '14:42 enrollment.restrictions[6].id: default is the id of the default',
      '16:17 enrollment.restrictions[8].groups: a restriction "B" is listed twice',
      '17:20 corporateDevices[0]: expected serial or imei, one of them: a device with both has two entries',
      '17:46 corporateDevices[1]: expected serial or imei, one of them: a device with both has two entries',
      '17:75 corporateDevices[3].serial: a is listed twice',
      '17:80 corporateDevices[4]: expected manufacturer, model and serial together, the last two without a comma',
      '17:105 corporateDevices[5]: expected manufacturer, model and serial together, the last two without a comma',
      '18:35 autopilot[0].profile: no profile Offcie is listed under autopilotProfiles',
      '18:49 autopilot[0].user: no user c@d.example is listed',
      '18:74 autopilot[1].serial: p is listed twice',
      '19:79 autopilotProfiles[1].mode: expected one of userDriven, selfDeploying',
      '20:34 bulkTokens[0].expires: expected a date such as 2027-06-01, or 2027-06-01T12:00:00Z',
      '20:94 bulkTokens[2].name: u is listed twice',
      '20:125 bulkTokens[2].token: the token of another is listed twice',
      '21:8 bms.exclusions: is written as bms.exclude',
    ]);
    expect(told('settings: { deviceLimitPerUser: 3 }\nenrollment: { deviceLimit: 3 }')).toEqual([
      '2:15 enrollment.deviceLimit: is said by settings.deviceLimitPerUser too',
    ]);
  });

  test('tells a device once, where two of its numbers are written, 14 or 15 digits of an IMEI', () => {
    const listed = (...numbers: string[]) => `corporateDevices: [${numbers.map((each) => `{ imei: "${each}" }`)}]`;
    const { corporateDevices } = readTenantFile(listed('35-693803-564380-9', '35693803564380', '3569380356438012'));
    expect(corporateDevices?.map(({ value }) => value)).toEqual(['35-693803-564380-9']);
    const same = '1:59 corporateDevices[1].imei: 356938035643809 is listed twice';
    expect(told(listed('35-693803-564380-9', '356938035643809'))).toEqual([same]);
  });

  test('says again whatever Graph takes of an identifier: its parts may be long, and all of it is 600 characters at most', () => {
    const { tenant } = open({ authority: 'intune' });
    const part = 'm'.repeat(590);
    const put = (id: string, type: 'manufacturerModelSerial' | 'serialNumber' | 'imei', value: string) =>
      tenant.putCorporateDevice({ id, type, value, createdAt: 0 });
    put('a', 'manufacturerModelSerial', `${part},model,S1`);
    put('b', 'serialNumber', 's'.repeat(600));
    put('c', 'imei', '1'.repeat(600));
    const text = writeTenantFile(tenant.config(), { profile: plainProfile, password: (password) => password });
    expect(readTenantFile(text).corporateDevices).toEqual(tenant.corporateDevices());
    const longer = `corporateDevices: [{ manufacturer: ${part}, model: model, serial: S12345 }]`;
    expect(told(longer)).toEqual([
      '1:20 corporateDevices[0]: expected 600 characters at most, with the commas between them',
    ]);
  });
});
