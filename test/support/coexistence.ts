// A tenant of office365 to which intune is added: who has which licence decides who manages (rules C).
import { expect } from 'vitest';
import type { Device } from '../../index.js';
import { basic, enrolled, intune, mail, type TenantFileChanges, tenantFile, wifi } from './rules.js';
import type { Caller, Stage } from './stage.js';

export const ann = 'ann@contoso.example';
export const ben = 'ben@contoso.example';
export const cem = 'cem@contoso.example';
export const dee = 'dee@contoso.example';

/**
 * Ann has an Intune licence beside Basic already, Ben and Cem have Basic, Dee has none. Three Intune licences were bought.
 * `corp-mail` under both, `bms-wifi` and `intune-wifi` under one each.
 */
export const coexistenceTenant = (changes: TenantFileChanges = {}): string =>
  tenantFile({
    licences: { [basic]: 10, [intune]: 3 },
    users: [
      { id: 'ann', upn: ann, licences: [basic, intune] },
      { id: 'ben', upn: ben, licences: [basic] },
      { id: 'cem', upn: cem, licences: [basic] },
      { id: 'dee', upn: dee },
    ],
    profiles: [
      mail('corp-mail', 'office365', 'bms.contoso.example'),
      wifi('bms-wifi', 'office365', 'bms-network'),
      mail('corp-mail', 'intune', 'intune.contoso.example'),
      wifi('intune-wifi', 'intune', 'intune-network'),
    ],
    ...changes,
  });

export const bmsReach = ['bms-network', 'bms.contoso.example'];
export const intuneReach = ['intune-network', 'intune.contoso.example'];

export const enableCoexistence = (stage: Stage, by?: Caller) =>
  stage.admin('POST', '/stub/v1/coexistence', { enabled: true }, by);

export interface LicenceChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** Graph's assignLicense of a user, or of a group, whatever it answers. */
export const assignLicence = (stage: Stage, holder: string, { add = [], remove = [] }: LicenceChange) =>
  stage.admin('POST', `/v1.0/${holder}/assignLicense`, {
    addLicenses: add.map((skuId) => ({ skuId })),
    removeLicenses: remove,
  });

/** The same, of a user, which must be done. */
export async function license(stage: Stage, user: string, change: LicenceChange): Promise<void> {
  expect((await assignLicence(stage, `users/${user}`, change)).status).toBe(200);
}

/** How many of a product were bought and are had. */
export async function licenceCount(stage: Stage, sku: string): Promise<{ enabled: unknown; consumed: unknown }> {
  const { body } = await stage.admin('GET', '/v1.0/subscribedSkus');
  const row = body.value.find((each) => each['skuPartNumber'] === sku);
  const bought = row?.['prepaidUnits'] as { enabled: number } | undefined;
  return { enabled: bought?.enabled, consumed: row?.['consumedUnits'] };
}

/** Enrolls a device of each of these users, in order. */
export async function enrolledOf<const U extends readonly string[]>(stage: Stage, ...users: U) {
  const devices: Device[] = [];
  for (const user of users) devices.push(await enrolled(stage, devices.length + 1, user));
  return devices as { [K in keyof U]: Device };
}
