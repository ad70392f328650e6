import { expect } from 'vitest';
import type { Device, Invitation } from '../../agent/index.js';
import type { Profile } from '../../protocol/vocabulary.js';
import type { Stage } from './stage.js';

export const wifi = (name: string, ssid: string): Profile => ({
  kind: 'wifi',
  name,
  ssid,
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: `{{secret}}`,
});

export const mail = (name: string, host: string): Profile => ({
  kind: 'email',
  name,
  account: 'exchange',
  emailAddress: '{{upn}}',
  incoming: { host, tls: true, authentication: 'password', username: '{{upn}}', password: '{{secret}}' },
});

/** What a rule may say of its tenant, in the words of a tenant file. */
export interface TenantFileChanges {
  readonly authority?: 'none' | 'intune' | 'office365';
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly pushCertificate?: boolean;
}

/**
 * The tenant file of the rules: `corp-wifi` and `corp-mail` under both authorities with other content, `legacy-wifi` only
 * under office365. Alice and Bob may enroll under either, Carol has no licence.
 */
export function ruleTenant(changes: TenantFileChanges = {}): string {
  return JSON.stringify({
    displayName: 'Contoso',
    authority: 'office365',
    users: [
      { id: 'alice', upn: 'alice@contoso.example', displayName: 'Alice', licence: 'both' },
      { id: 'bob', upn: 'bob@contoso.example', displayName: 'Bob', licence: 'both' },
      { id: 'carol', upn: 'carol@contoso.example', displayName: 'Carol', licence: 'none' },
    ],
    profiles: [
      { authority: 'office365', profile: wifi('corp-wifi', 'old-network') },
      { authority: 'office365', profile: mail('corp-mail', 'old-mail.contoso.example') },
      { authority: 'office365', profile: wifi('legacy-wifi', 'legacy-network') },
      { authority: 'intune', profile: wifi('corp-wifi', 'new-network') },
      { authority: 'intune', profile: mail('corp-mail', 'new-mail.contoso.example') },
    ],
    ...changes,
  });
}

/** The networks and mail hosts that the device's profiles name, sorted: what it can reach. */
export function reach(device: Device): string[] {
  return device.state.holdings
    .flatMap(({ profile }) =>
      profile.kind === 'wifi' ? [profile.ssid] : profile.kind === 'email' ? [profile.incoming.host] : [],
    )
    .sort();
}

export const oldReach = ['legacy-network', 'old-mail.contoso.example', 'old-network'];
export const newReach = ['legacy-network', 'new-mail.contoso.example', 'new-network'];

/** The administrator's two steps of a switch; the second may be left out to stay in the gap of rule A11. */
export async function switchTo(stage: Stage, authority: string, renewCertificate = true): Promise<void> {
  const { body } = await stage.admin('GET', '/v1.0/organization');
  const change = await stage.admin(
    'POST',
    `/v1.0/organization/${body.value[0]?.['id']}/setMobileDeviceManagementAuthority`,
    {
      mobileDeviceManagementAuthority: authority,
    },
  );
  expect(change.status).toBe(200);
  if (renewCertificate) await renewPushCertificate(stage);
}

export async function renewPushCertificate(stage: Stage): Promise<void> {
  const answer = await stage.admin('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', {
    appleIdentifier: 'admin@contoso.example',
  });
  expect(answer.status).toBeLessThan(300);
}

export async function managedDevices(stage: Stage): Promise<Record<string, unknown>[]> {
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/managedDevices');
  return body.value;
}

export async function latestChange(stage: Stage): Promise<Record<string, unknown>> {
  const { body } = await stage.admin('GET', '/stub/v1/authority/changes');
  return body.value.at(-1) ?? {};
}

/** Enrolls and checks in until the device holds what its authority gives. */
export async function enrolled(stage: Stage, index: number, user = 'alice@contoso.example'): Promise<Device> {
  const device = await stage.device(index);
  await device.enroll(stage.invitation(user));
  await device.checkIn();
  return device;
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

/** The devices that the administrator sees: serial, who manages it (Graph's managementAgent), and what is stale on it. */
export async function listed(stage: Stage): Promise<readonly { serial: unknown; agent: unknown; stale: string[] }[]> {
  return (await managedDevices(stage)).map(({ serialNumber: serial, managementAgent: agent, rollcall }) => {
    const { heldProfiles } = rollcall as { heldProfiles: { name: string; stale: boolean }[] };
    return { serial, agent, stale: heldProfiles.filter((held) => held.stale).map(({ name }) => name) };
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
