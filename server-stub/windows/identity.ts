// Who is at the other end: the TLS client certificate, and the device that it speaks for.
import { standingReason } from '../ca.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { IssuedCertificate } from '../issued.js';
import type { WindowsContext } from './context.js';
import { memoryOf, remember } from './memory.js';

/** The certificate that spoke; it may be revoked. */
export type Speaker = IssuedCertificate;

/** A DeviceID is 32 hexadecimal digits: in other letters it is the same device. */
export const knownAs = (deviceId: string): string => deviceId.toUpperCase();

/**
 * What a certificate is worth at the Windows endpoints. Throws DEVICE_IDENTITY for one that is none of ours, out of its time or for
 * something else, DEVICE_UNKNOWN for one of ours of which nothing is known any more.
 */
export function judgeCertificate(certificate: Uint8Array, { ca }: Pick<WindowsContext, 'ca'>): Speaker {
  const judged = ca.judge(certificate);
  if (judged.standing === 'unknown') {
    throw stubError('DEVICE_UNKNOWN', 'the certificate is ours, and nothing is known of its enrollment any more');
  }
  if (!('entry' in judged)) throw stubError('DEVICE_IDENTITY', standingReason(judged));
  const { platform, purpose } = judged.entry;
  if (platform !== 'windows' || purpose !== 'identity') {
    throw stubError('DEVICE_IDENTITY', 'the certificate is not for device management');
  }
  return judged.entry;
}

/**
 * The device that this certificate speaks for, which must be the one that the message names. Throws DEVICE_IDENTITY for another
 * device's certificate and for one that a renewal has replaced, DEVICE_UNKNOWN where the enrollment has ended.
 */
export function deviceOf(speaker: Speaker, source: string, { tenant }: Pick<WindowsContext, 'tenant'>): DeviceRecord {
  const named = knownAs(source);
  if (speaker.deviceId !== named) {
    throw stubError('DEVICE_IDENTITY', `the certificate is not that of device ${source.slice(0, 64)}`);
  }
  const device = tenant.device(named);
  if (device === undefined || device.platform !== 'windows') {
    throw stubError('DEVICE_UNKNOWN', `no device ${source.slice(0, 64)} is enrolled here`);
  }
  if (!isCurrent(speaker, device)) {
    throw stubError('DEVICE_IDENTITY', 'another certificate has taken the place of this one');
  }
  return device;
}

/** The certificate that the device enrolled with or used last, or one that a renewal gave it since. */
function isCurrent({ serial, isRevoked }: Speaker, device: DeviceRecord): boolean {
  const { certificateSerial, renewals = [] } = memoryOf(device);
  return !isRevoked && (serial === certificateSerial || renewals.includes(serial));
}

/**
 * The device speaks with a renewed certificate for the first time: only now the one before is worth nothing (M1). A session that proves
 * who speaks by credentials alone shows none: there the newest renewal counts as used (by convention).
 */
export function noteUse(speaker: Speaker | undefined, device: DeviceRecord, { tenant, ca }: WindowsContext): void {
  const { certificateSerial, renewals = [] } = memoryOf(device);
  const used = speaker ?? ca.issued.get(renewals.at(-1) ?? '');
  if (used === undefined || used.serial === certificateSerial) return;
  const { serial, expiresAt } = used;
  remember(tenant, device.deviceId, { certificateSerial: serial, certificateExpiresAt: expiresAt, renewals: [] });
  tenant.setCertificate(device.deviceId, expiresAt);
}
