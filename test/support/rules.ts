import { expect } from 'vitest';
import type { Device } from '../../agent/index.js';
import type { Profile } from '../../protocol/vocabulary.js';
import { defaultTenant } from '../../server-stub/core/tenant-file.js';
import type { AssignedProfile, TenantConfig } from '../../server-stub/core/types.js';
import type { Stage } from './stage.js';

const assigned = (id: string, authority: AssignedProfile['authority'], profile: Profile): AssignedProfile => ({
  id,
  authority,
  profile,
  assignedTo: 'all',
});

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

/**
 * The tenant of the rules: `corp-wifi` and `corp-mail` under both authorities with other content, `legacy-wifi` only under
 * office365. Alice and Bob may enroll under either, Carol has no licence.
 */
export function ruleTenant(changes: Partial<TenantConfig> = {}): TenantConfig {
  const base = defaultTenant({ authority: 'office365', users: 1 });
  return {
    ...base,
    users: [
      { id: 'alice', upn: 'alice@contoso.example', displayName: 'Alice', licence: 'both' },
      { id: 'bob', upn: 'bob@contoso.example', displayName: 'Bob', licence: 'both' },
      { id: 'carol', upn: 'carol@contoso.example', displayName: 'Carol', licence: 'none' },
    ],
    profiles: [
      assigned('1', 'office365', wifi('corp-wifi', 'old-network')),
      assigned('2', 'office365', mail('corp-mail', 'old-mail.contoso.example')),
      assigned('3', 'office365', wifi('legacy-wifi', 'legacy-network')),
      assigned('4', 'intune', wifi('corp-wifi', 'new-network')),
      assigned('5', 'intune', mail('corp-mail', 'new-mail.contoso.example')),
    ],
    ...changes,
  };
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
 * An enrollment that must fail: refused with this code on the device, recorded with category and remedies at the authority,
 * and nothing of it left on either side.
 */
export async function expectRefused(
  stage: Stage,
  attempt: { device: Device; user: string },
  code: string,
): Promise<void> {
  const before = await managedDevices(stage);
  const { lifecycle, holdings, link } = attempt.device.state;
  await expect(attempt.device.enroll(stage.invitation(attempt.user))).rejects.toMatchObject({
    code: 'ENROLL_REFUSED',
    details: { code, failureCategory: expect.any(String), remedies: expect.any(String) },
  });
  expect(attempt.device.state).toMatchObject({ lifecycle, holdings });
  expect(attempt.device.state.link).toEqual(link);
  expect(await managedDevices(stage)).toEqual(before);
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/troubleshootingEvents');
  expect(JSON.stringify(body.value)).toContain(code);
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
