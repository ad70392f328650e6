// A6 from the device's side: who manages it and whose its profiles are, learned from what its protocol carries.
import { describe, expect, it, onTestFinished } from 'vitest';
import { showStatus, statusOf } from '../../agent/console.js';
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceFacts,
  enrollAddress,
  type Invitation,
  isStale,
  platforms,
  seededRandom,
} from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { deviceKeys } from '../support/keys.js';
import { openStub, user1 } from './ios/stub.js';

const user2 = 'user2@contoso.example';

/** `products`: of the second user, where they are others than everybody's. */
async function open(
  authority: 'office365' | 'intune' = 'office365',
  products: { readonly user2?: readonly string[] } = {},
) {
  const tenant = defaultTenant({ authority, users: 2 });
  const users = tenant.users.map((user) =>
    user.upn === user2 && products.user2 !== undefined ? { ...user, products: products.user2 } : user,
  );
  const stub = await openStub({ tenant: { ...tenant, users } });
  const { authority: running, clock } = stub;
  const made = await createPorts({
    clock,
    log: silentLog,
    ca: running.caPem,
    keys: deviceKeys(2),
    http: { connections: 'shared' },
  });
  onTestFinished(() => made.close());
  const newDevice = (platform: PlatformName, index = 1, native: DeviceFacts['native'] = {}): Device => {
    const random = seededRandom(platform, index);
    const facts = platforms.find(({ name }) => name === platform)?.describe(random);
    const device = createDevice({
      platform,
      ports: { ...made.ports, random: seededRandom(`${platform} session`, index) },
      ...(facts === undefined ? {} : { facts: { ...facts, native: { ...facts.native, ...native } } }),
    });
    onTestFinished(() => device.close());
    return device;
  };
  const invite = (platform: PlatformName, user = user1): Invitation => ({
    authority: 'stub',
    url: enrollAddress(platform, running.url, user),
    user,
    ...(platform === 'windows' ? { secret: '' } : {}),
  });
  const enrolled = async (platform: PlatformName) => {
    const device = newDevice(platform);
    await device.enroll(invite(platform));
    await device.checkIn();
    return device;
  };
  const switchTo = (to: 'office365' | 'intune') => {
    running.tenant.setAuthority(to, 'test');
    running.tenant.renewPushCertificate('test');
  };
  const graph = async () => {
    const answer = await made.ports.http.open().request({
      method: 'GET',
      url: `${running.url}/v1.0/deviceManagement/managedDevices`,
      headers: { authorization: `Bearer ${running.adminTokens.administrator}` },
    });
    return JSON.parse(answer.body.toString('utf8')).value;
  };
  return { running, clock, newDevice, invite, enrolled, switchTo, graph };
}

const common = (type: string, identifier: string, uuid: string): PlistDict =>
  dict({ PayloadType: type, PayloadVersion: 1, PayloadIdentifier: identifier, PayloadUUID: uuid });
const owners = (device: Device) =>
  Object.fromEntries(
    device.state.holdings
      .filter(({ authority }) => authority !== 'stub') // of the enrollment itself
      .map(({ profile, authority }) => [profile.name, authority]),
  );
const staleNames = ({ state }: Device) =>
  state.holdings.filter((holding) => isStale(holding, state)).map(({ profile }) => profile.name);

describe.each(['ios', 'windows', 'android'] as const)('a device of %s', (platform) => {
  it('knows who manages it from its enrollment on, and whose its profiles are', async () => {
    const { enrolled, clock } = await open();
    const device = await enrolled(platform);
    expect(device.state.managedBy).toEqual({ authority: 'office365', since: clock.now() });
    expect(new Set(Object.values(owners(device)))).toEqual(new Set(['office365']));
    expect(Object.keys(owners(device)).length).toBeGreaterThan(5);
    expect(staleNames(device)).toEqual([]);
  });

  it('learns in the session of the move who manages it now; the same content is another’s, what stays is stale', async () => {
    const { enrolled, clock, switchTo } = await open();
    const device = await enrolled(platform);
    await clock.advance(3_600_000);
    switchTo('intune');
    expect(device.state.managedBy?.authority).toBe('office365'); // nobody has told it yet
    await device.checkIn();
    expect(device.state.managedBy).toEqual({ authority: 'intune', since: clock.now() });
    expect(staleNames(device)).toEqual([platform === 'windows' ? 'Contoso-Guests' : 'Contoso guests']);
    const names = Object.entries(owners(device)).filter(([, owner]) => owner === 'office365');
    expect(names.map(([name]) => name)).toEqual(staleNames(device));
    await device.checkIn(); // what waits for a certificate comes with it
    const { managedBy } = device.state;
    const { commands } = await device.checkIn();
    if (platform !== 'android') expect(commands).toBe(0); // it is told once
    expect(device.state.managedBy).toBe(managedBy);
  });

  it('knows nothing of it once it has left', async () => {
    const { enrolled } = await open();
    const device = await enrolled(platform);
    await device.leave();
    expect(device.state.managedBy).toBeUndefined();
  });
});

it.each(['windows', 'android'] as const)(
  'a setting of the same content is the new authority’s on %s',
  async (platform) => {
    const { running, enrolled, switchTo } = await open();
    const of = (name: string) => running.tenant.profiles().filter((each) => each.profile.name === name);
    const [guests] = of('Contoso guests');
    if (guests === undefined) throw new Error('there is no such profile');
    running.tenant.putProfile({ ...guests, id: '00000000-0000-4000-8000-000000000001', authority: 'intune' });
    for (const each of of('Passcode'))
      if (each.authority === 'intune') {
        const same = of('Passcode').find(
          (other) => other.authority === 'office365' && other.platforms?.[0] === each.platforms?.[0],
        );
        running.tenant.putProfile({ ...each, profile: same?.profile ?? each.profile });
      }
    const device = await enrolled(platform);
    switchTo('intune');
    await device.checkIn();
    expect(staleNames(device)).toEqual([]);
  },
);

it('an iPhone knows until when a profile is kept, where its sender says so, and drops it then', async () => {
  const { running, enrolled, clock } = await open();
  const device = await enrolled('ios');
  const [record] = running.tenant.devices();
  const payload = buildPlist(
    dict({
      ...common('Configuration', 'brief', '0D1F4B7E-0000-4000-8000-000000000001'),
      PayloadOrganization: 'Contoso (intune)',
      DurationUntilRemoval: 3600,
      PayloadContent: [
        dict({
          ...common('com.apple.wifi.managed', 'brief.wifi', '0D1F4B7E-0000-4000-8000-000000000002'),
          SSID_STR: 'Brief',
          EncryptionType: 'None',
          AutoJoin: true,
          HIDDEN_NETWORK: false,
        }),
      ],
    }),
  );
  const name = 'InstallProfile';
  running.tenant.queue(record?.deviceId ?? '', { kind: 'native', platform: 'ios', name, body: { Payload: payload } });
  await device.checkIn();
  const brief = () => device.state.holdings.find(({ profile }) => profile.name.startsWith('brief'));
  expect(brief()).toMatchObject({ authority: 'intune', keptUntil: clock.now() + 3_600_000 });
  const [row] = statusOf(device.state).profiles.filter(({ name: each }) => each.startsWith('brief'));
  expect(row).toMatchObject({ stale: true, keptUntil: new Date(clock.now() + 3_600_000).toISOString() });
  expect(showStatus(device.state)).toMatch(/wifi +brief.* \(of intune, since \S+, stale, kept until \S+\)/);
  await clock.advance(3_600_000);
  await device.actIfDue();
  expect(brief()).toBeUndefined();
});

describe.each(['ios', 'windows', 'android'] as const)('under coexistence a device of %s', (platform) => {
  it('is told who manages its user’s devices, not what the tenant is set to (C2, C5, C9)', async () => {
    const { running, newDevice, invite } = await open('office365', { user2: ['O365_BUSINESS_ESSENTIALS'] });
    const [ann, ben] = [newDevice(platform, 1), newDevice(platform, 2)];
    await ann.enroll(invite(platform, user1));
    await ben.enroll(invite(platform, user2));
    for (const device of [ann, ben]) await device.checkIn();
    running.tenant.enableCoexistence('test');
    await ann.checkIn();
    const { commands } = await ben.checkIn();
    expect([ann, ben].map(({ state }) => state.managedBy?.authority)).toEqual(['intune', 'office365']);
    expect([ann, ben].map(staleNames)).toEqual([[], []]);
    expect(new Set(Object.values(owners(ann)))).toEqual(new Set(['intune']));
    if (platform !== 'android') expect(commands).toBe(0);
  });
});

describe('how a device came under management', () => {
  const enrolledAs = async (stage: Awaited<ReturnType<typeof open>>, device: Device, invitation: Invitation) => {
    await device.enroll(invitation);
    await device.checkIn();
    const [row] = await stage.graph();
    return [row?.deviceEnrollmentType, row?.managedDeviceOwnerType];
  };

  it.each(['ios', 'windows'] as const)('by hand on %s', async (platform) => {
    const stage = await open();
    const enrolled = enrolledAs(stage, stage.newDevice(platform), stage.invite(platform));
    expect(await enrolled).toEqual(['userEnrollment', 'personal']);
  });

  it('by Setup Assistant, for a user or for nobody: iOS, by a header', async () => {
    const [one, other] = [await open(), await open()];
    const waiting = { AwaitingConfiguration: true };
    const ofUser = enrolledAs(one, one.newDevice('ios', 1, waiting), one.invite('ios'));
    expect(await ofUser).toEqual(['appleBulkWithUser', 'company']);
    const [record] = one.running.tenant.devices();
    expect(record?.enrollmentType).toBe('automated');
    const ofNobody = { authority: 'stub', url: `${other.running.url}/enroll/ios?userless=1` };
    const device = other.newDevice('ios', 1, waiting);
    expect(await enrolledAs(other, device, ofNobody)).toEqual(['appleBulkWithoutUser', 'company']);
  });

  it('as one of a crowd: iOS by an address without a user, Windows by a bulk token; it stays with its authority (A10)', async () => {
    const [phones, pcs] = [await open(), await open()];
    const phone = phones.newDevice('ios');
    const ofNobody = { authority: 'stub', url: `${phones.running.url}/enroll/ios?userless=1` };
    expect(await enrolledAs(phones, phone, ofNobody)).toEqual(['appleBulkWithoutUser', 'company']);
    expect(phones.running.tenant.devices()[0]?.enrollmentType).toBe('bulk');
    const pc = pcs.newDevice('windows');
    const token = pcs.running.windows.bulkToken();
    const { user: _nobody, secret: _none, ...place } = pcs.invite('windows');
    expect((await enrolledAs(pcs, pc, { ...place, token }))[0]).toBe('windowsBulkUserless');
    expect(pcs.running.tenant.devices()[0]?.enrollmentType).toBe('bulk');
    for (const [stage, device] of [
      [phones, phone],
      [pcs, pc],
    ] as const) {
      stage.switchTo('intune');
      expect((await device.checkIn()).commands).toBe(0);
      expect(device.state.managedBy?.authority).toBe('office365');
    }
  });

  it('in a work profile, as a launcher says that is not launcher 6.36 to the letter: Android', async () => {
    const stage = await open();
    await stage.newDevice('android', 1, { Management: 'work-profile' }).enroll(stage.invite('android'));
    expect(stage.running.tenant.devices()[0]?.enrollmentType).toBe('workProfile');
    const other = await open();
    const exact = { Management: 'work-profile', Launcher: 'launcher' };
    await other.newDevice('android', 1, exact).enroll(other.invite('android'));
    expect(other.running.tenant.devices()[0]?.enrollmentType).toBe('user');
  });
});

it('the portal to which a device is pointed is a page, of the authorities that manage alone (windows)', async () => {
  const stub = await openStub();
  const page = (authority: string) => stub.send(`/portals/${authority}`);
  for (const authority of ['intune', 'office365']) {
    const { status, headers, body } = await page(authority);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(String(body)).toContain(`/stub/v1/portals/${authority}/devices`);
  }
  expect((await page('sccm')).status).toBe(404);
});
