// What the rules of Windows' own ways of enrolling need (E12 to E16, E20): the tenant file as a whole put anew, and an attempt that is refused.
import { expect } from 'vitest';
import type { Device, Invitation } from '../../index.js';
import { failedEnrollments, managedDevices, ruleTenant, type TenantFileChanges } from './rules.js';
import type { Stage } from './stage.js';

/** The tenant becomes what this file says: the authority stays what it is. */
export async function nowIs(stage: Stage, words: TenantFileChanges): Promise<void> {
  const answer = await stage.admin('PUT', '/stub/v1/tenant', JSON.parse(ruleTenant(words)));
  expect(answer).toMatchObject({ status: 200 });
}

/** An attempt by Autopilot: without a user the device deploys itself. */
export function byAutopilot(stage: Stage, user?: string): Invitation {
  const { user: _user, secret: _secret, ...place } = stage.invitation('');
  return user === undefined
    ? { ...place, autopilot: 'selfDeploying' }
    : { ...stage.invitation(user), autopilot: 'userDriven' };
}

/**
 * An attempt that is refused with this failure and HRESULT, recorded once under its category, with nothing left of it on either side.
 * Resolves with the record.
 */
export async function refusedPc(
  stage: Stage,
  device: Device,
  invitation: Invitation,
  expected: { readonly code: string; readonly hresult: string; readonly category: string },
): Promise<Record<string, unknown>> {
  const { code, hresult, category } = expected;
  const before = { devices: await managedDevices(stage), failures: await failedEnrollments(stage) };
  const { lifecycle } = device.state;
  await expect(device.enroll(invitation)).rejects.toMatchObject({
    code: 'ENROLL_REFUSED',
    details: { code, hresult, shows: expect.stringContaining(hresult.slice(2).toLowerCase()) },
    hint: expect.stringContaining('Windows shows'),
  });
  expect(device.state).toMatchObject({ lifecycle, holdings: [] });
  expect(await managedDevices(stage)).toEqual(before.devices);
  const [newest = {}, ...others] = await failedEnrollments(stage);
  expect(newest).toMatchObject({ failureCategory: category, rollcall: { code } });
  expect(others).toEqual(before.failures);
  return newest;
}

/** The code, HRESULT and category of a failure of Autopilot. */
export const ofAutopilot = (code: string) => ({ code, hresult: '0x80180019', category: 'badRequest' });
