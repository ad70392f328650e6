// What stands for the certificate of an Android device, by convention: Headwind's protocol has none. It is the one that the companion app
// fetched by SCEP last, for whatever profile. No message shows it: the stub goes by what it issued, and by what the companion's log says.
import type { Certificates, DeviceMemory, Devices } from '../core/interfaces.js';
import type { IssuedCertificate } from '../issued.js';
import { memoryOf, remember } from './memory.js';

type Tenant = Devices & DeviceMemory & Certificates;

/**
 * A certificate was issued to a device. The first counts at once. Of one that renews another it is not known whether it has arrived:
 * the one before counts until the companion's log says so (M1).
 */
export function noteIssued({ platform, deviceId, isRenewal, expiresAt }: IssuedCertificate, tenant: Tenant): void {
  if (platform !== 'android' || deviceId === undefined) return;
  const device = tenant.device(deviceId);
  if (device?.platform !== 'android') return;
  const { certificateExpiresAt: before } = device;
  if (isRenewal === true && before !== undefined) remember(tenant, deviceId, { renewedUntil: expiresAt });
  else if (before === undefined || expiresAt > before) tenant.setCertificate(deviceId, expiresAt);
}

/** The companion says that it holds a certificate that was renewed: the newest that was issued. */
export function noteRenewal(deviceId: string, tenant: Tenant): void {
  const device = tenant.device(deviceId);
  const renewedUntil = device && memoryOf(device).renewedUntil;
  if (renewedUntil === undefined) return;
  remember(tenant, deviceId, { renewedUntil: undefined });
  tenant.setCertificate(deviceId, renewedUntil);
}

/** A document that orders no certificate leaves the device none: it counts from its last contact then. */
export function noteOrders(deviceId: string, orders: Readonly<Record<string, unknown>>, tenant: Tenant): void {
  if (Object.keys(orders).length > 0) return;
  const device = tenant.device(deviceId);
  if (device?.certificateExpiresAt !== undefined) tenant.setCertificate(deviceId, undefined);
}
