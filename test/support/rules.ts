import { expect } from 'vitest';
import type { Device, Invitation } from '../../index.js';
import type { Caller, Stage } from './stage.js';

/** What a rule may say of its tenant, in the words of a tenant file. */
export interface TenantFileChanges {
  readonly authority?: 'none' | 'intune' | 'office365' | 'sccm';
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly pushCertificate?: boolean | object;
  readonly [key: string]: unknown;
}

type Manager = 'intune' | 'office365' | 'sccm';

/** Entries of a tenant file. */
export const wifi = (name: string, authority: Manager, ssid: string, more: object = {}) => ({
  name,
  authority,
  kind: 'wifi',
  ssid,
  security: 'wpa2',
  passphrase: '{{secret}}',
  ...more,
});
export const mail = (name: string, authority: Manager, host: string, more: object = {}) => ({
  name,
  authority,
  kind: 'email',
  host,
  ...more,
});
export const vpn = (name: string, authority: Manager, server: string, more: object = {}) => ({
  name,
  authority,
  kind: 'vpn',
  server,
  ...more,
});
export const certificate = (name: string, authority: Manager, more: object = {}) => ({
  name,
  authority,
  kind: 'certificate',
  role: 'identity',
  source: { scep: 'stub', subject: 'O=Contoso, CN={{userName}}' },
  ...more,
});
export const passcode = (name: string, authority: Manager, minLength: number, more: object = {}) => ({
  name,
  authority,
  kind: 'configuration',
  passcode: { required: true, minLength },
  ...more,
});

export const alice = 'alice@contoso.example';
export const bob = 'bob@contoso.example';
export const carol = 'carol@contoso.example';
/** What was bought for office365 alone, for intune alone, and for both. */
export const basic = 'O365_BUSINESS_ESSENTIALS';
export const intune = 'INTUNE_A';
export const both = 'SPB';

/**
 * The tenant file of the rules: `corp-wifi` and `corp-mail` under both authorities with other content, `legacy-wifi` only
 * under office365. Alice and Bob may enroll under either, Carol has no licence.
 */
export const ruleTenant = (changes: TenantFileChanges = {}): string =>
  tenantFile({
    users: [
      { id: 'alice', upn: alice, displayName: 'Alice', licences: [both] },
      { id: 'bob', upn: bob, displayName: 'Bob', licences: [both] },
      { id: 'carol', upn: carol, displayName: 'Carol' },
    ],
    profiles: [
      wifi('corp-wifi', 'office365', 'old-network'),
      mail('corp-mail', 'office365', 'old-mail.contoso.example'),
      wifi('legacy-wifi', 'office365', 'legacy-network'),
      wifi('corp-wifi', 'intune', 'new-network'),
      mail('corp-mail', 'intune', 'new-mail.contoso.example'),
    ],
    ...changes,
  });

/** A tenant file of these words; authority office365 unless they say otherwise. */
export const tenantFile = (words: object): string =>
  JSON.stringify({ version: 1, displayName: 'Contoso', domain: 'contoso.example', authority: 'office365', ...words });

/** The networks and mail hosts that the device's profiles name, sorted: what it can reach. */
export function reach(device: Device): string[] {
  return device.state.holdings
    .flatMap(({ profile }) =>
      profile.kind === 'wifi' ? [profile.ssid] : profile.kind === 'email' ? [profile.incoming.host] : [],
    )
    .sort();
}

/** The same with the VPN servers. */
export const servers = (device: Device): string[] =>
  [
    ...reach(device),
    ...device.state.holdings.flatMap(({ profile }) => (profile.kind === 'vpn' ? [profile.server] : [])),
  ].sort();

export const oldReach = ['legacy-network', 'old-mail.contoso.example', 'old-network'];
export const newReach = ['legacy-network', 'new-mail.contoso.example', 'new-network'];

/** Of a device without a user: a mail account of nobody's is not given. */
export const oldUserless = ['legacy-network', 'old-network'];
export const newUserless = ['legacy-network', 'new-network'];

/** The administrator's two steps of a switch; the second may be left out to stay in the gap of rule A11. */
export async function switchTo(stage: Stage, authority: string, renewCertificate = true): Promise<void> {
  expect((await setAuthority(stage, authority)).status).toBe(200);
  if (renewCertificate) await renewPushCertificate(stage);
}

/** The call alone, whatever it answers. */
export async function setAuthority(stage: Stage, authority: string, by?: Caller) {
  const { body } = await stage.admin('GET', '/v1.0/organization');
  const path = `/v1.0/organization/${body.value[0]?.['id']}/setMobileDeviceManagementAuthority`;
  return await stage.admin('POST', path, { mobileDeviceManagementAuthority: authority }, by);
}

export const certificatePath = '/v1.0/deviceManagement/applePushNotificationCertificate';
export async function renewPushCertificate(stage: Stage): Promise<void> {
  const answer = await stage.admin('PATCH', certificatePath, { appleIdentifier: 'admin@contoso.example' });
  expect(answer.status).toBeLessThan(300);
}

export async function managedDevices(stage: Stage): Promise<Record<string, unknown>[]> {
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/managedDevices');
  return body.value;
}

/** The managed device that stands for this one. Throws where there is none. */
export async function recordOf(stage: Stage, device: Device): Promise<Record<string, unknown>> {
  const { serial } = device.state.facts;
  const found = (await managedDevices(stage)).find((each) => each['serialNumber'] === serial);
  if (found === undefined) throw new Error(`no device of the serial number ${serial} is listed`);
  return found;
}

/** What the authority says that the device holds. */
export async function heldOf(stage: Stage, device: Device): Promise<Record<string, unknown>[]> {
  const { rollcall } = await recordOf(stage, device);
  return (rollcall as { heldProfiles: Record<string, unknown>[] }).heldProfiles;
}

/** The history of changes, the oldest first. */
export async function history(stage: Stage): Promise<Record<string, unknown>[]> {
  return (await stage.admin('GET', '/stub/v1/authority/changes')).body.value;
}

export async function latestChange(stage: Stage): Promise<Record<string, unknown>> {
  return (await history(stage)).at(-1) ?? {};
}

/** The log of notifications, the newest first: all, or those of a device. */
export async function pushes(stage: Stage, device?: Device): Promise<Record<string, unknown>[]> {
  const { value } = (await stage.admin('GET', '/stub/v1/push')).body;
  if (device === undefined) return value;
  const { rollcall } = await recordOf(stage, device);
  const { deviceId } = rollcall as { deviceId: string };
  return value.filter((each) => each['deviceId'] === deviceId);
}

/** Serial numbers of the devices that report to this authority's portal, sorted. */
export async function portal(stage: Stage, authority: 'intune' | 'office365'): Promise<unknown[]> {
  const { body } = await stage.admin('GET', `/stub/v1/portals/${authority}/devices`);
  return body.value.map((each) => each['serialNumber']).sort();
}

/** What management changes on the device from now on, in order: `install corp-wifi`, `remove legacy-wifi`. */
export function changesOn(device: Device): string[] {
  const seen: string[] = [];
  device.onEvent((event) => {
    if (event.type !== 'command' && event.type !== 'declaration') return;
    for (const { command } of event.changes) {
      if (command.kind === 'install-profile') seen.push(`install ${command.profile.name}`);
      if (command.kind === 'remove-profile') seen.push(`remove ${command.name}`);
    }
  });
  return seen;
}

/** Enrolls and checks in until the device holds what its authority gives. */
export async function enrolled(stage: Stage, index: number, user: string = alice): Promise<Device> {
  const device = await stage.device(index);
  await device.enroll(stage.invitation(user));
  await device.checkIn();
  return device;
}

/** The same for a device without a user. */
export async function enrolledUserless(stage: Stage, index: number): Promise<Device> {
  const device = await stage.device(index);
  await device.enroll(await stage.userlessInvitation());
  await device.checkIn();
  return device;
}

/** Loses the next notification that this platform's devices are sent, or all from now on. */
export async function loseNotifications(stage: Stage, times?: number): Promise<void> {
  const fault = { kind: 'push.drop', match: { platform: stage.platform }, ...(times !== undefined && { times }) };
  expect((await stage.admin('PUT', '/stub/v1/faults', fault)).status).toBe(201);
}

/**
 * The device leaves, and the authority knows of it: of an Android device by the administrator's hand, for its protocol has no word
 * for leaving (specs/authority.md, G13).
 */
export async function left(stage: Stage, device: Device): Promise<void> {
  await device.leave();
  if (stage.platform !== 'android') return;
  const { serial } = device.state.facts;
  for (const { id } of (await managedDevices(stage)).filter((each) => each['serialNumber'] === serial))
    expect((await stage.admin('DELETE', `/v1.0/deviceManagement/managedDevices/${String(id)}`)).status).toBe(204);
}

/** The authority that is set, as Graph tells it. */
export async function authorityOf(stage: Stage): Promise<unknown> {
  const { body } = await stage.admin('GET', '/v1.0/organization');
  return body.value[0]?.['mobileDeviceManagementAuthority'];
}

/** The devices that the administrator sees: serial, who manages it, and what is stale on it. */
export async function listed(stage: Stage): Promise<readonly { serial: unknown; by: unknown; stale: string[] }[]> {
  return (await managedDevices(stage)).map(({ serialNumber: serial, rollcall }) => {
    const { managedBy: by, heldProfiles } = rollcall as {
      managedBy: string;
      heldProfiles: { name: string; stale: boolean }[];
    };
    return { serial, by, stale: heldProfiles.filter((held) => held.stale).map(({ name }) => name) };
  });
}

/** The failed enrollments that the administrator sees, newest first. */
export async function failedEnrollments(stage: Stage): Promise<Record<string, unknown>[]> {
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/troubleshootingEvents');
  return body.value;
}

/** What a person at a Windows device is told of a refusal (specs/windows.md §1.6): the protocol carries no more of it. */
const hresultsOf: Readonly<Record<string, RegExp>> = {
  E02: /^0x801800(?:02|18)$/, // unknown: as a wrong password; without a licence: MENROLL_E_USER_LICENSE
  E03: /^0x80180003$/,
  E04: /^0x80180015$/,
  E17: /^0x80180013$/,
};

/**
 * An enrollment that must fail: refused with this code on the device, at the step `at`, recorded with category and remedies at
 * the authority, and nothing of it left on either side. At `profile`, when the person asks for the enrollment profile, nothing
 * has been given out yet; `check-in` is the device's first word.
 */
export async function expectRefused(
  stage: Stage,
  attempt: { device: Device; user: string; invitation?: Invitation },
  code: string,
  at: 'profile' | 'check-in' = 'profile',
): Promise<void> {
  const before = await managedDevices(stage);
  const invitation = stage.invitation(attempt.user);
  if (attempt.invitation === undefined && stage.platform === 'ios') {
    const { status, body } = await stage.get(invitation.url);
    expect(status).toBe(at === 'profile' ? 403 : 200);
    if (at === 'profile') expect(JSON.parse(body.toString('utf8'))).toMatchObject({ code });
  }
  const known = await failedEnrollments(stage);
  const { lifecycle, holdings, link } = attempt.device.state;
  await expect(attempt.device.enroll(attempt.invitation ?? invitation)).rejects.toMatchObject({
    code: 'ENROLL_REFUSED',
    details:
      stage.platform === 'windows'
        ? { hresult: expect.stringMatching(hresultsOf[code] ?? /never/) }
        : { code, failureCategory: expect.any(String), remedies: expect.any(String) },
  });
  expect(attempt.device.state).toMatchObject({ lifecycle, holdings });
  expect(attempt.device.state.link).toEqual(link);
  expect(await managedDevices(stage)).toEqual(before);
  const [newest, ...others] = await failedEnrollments(stage);
  expect(newest).toMatchObject({
    failureCategory: expect.stringMatching(/./),
    rollcall: { code, remedies: expect.stringMatching(/./) },
  });
  expect(others).toEqual(known);
}

/** Resolves when `isSo` holds, now or at the end of one of the device's sessions. */
export function until(device: Device, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (isSo()) return resolve();
    const forget = device.onEvent(({ type }) => {
      if (type !== 'checked-in' || !isSo()) return;
      forget();
      resolve();
    });
  });
}
