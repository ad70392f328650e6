// Who sent a message: by Mdm-Signature over its exact bytes, or by the TLS client certificate (specs/apple.md §1.4).

import { isRollcallError } from '../../base/errors.js';
import { type EnrollmentIds, enrollmentKey } from '../../protocol/apple-mdm/fields.js';
import { mdmSignatureHeader } from '../../protocol/apple-mdm/http-errors.js';
import { verifySignedData } from '../../protocol/x509/cms-signed.js';
import { standingReason } from '../ca.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import type { IssuedCertificate } from '../issued.js';
import { type IosContext, memoryOf, remember } from './context.js';

/** The certificate that spoke; whether it may speak for the device that the message names is `requireBound`'s to say. */
export type Speaker = IssuedCertificate;

/** Throws DEVICE_IDENTITY, DEVICE_UNKNOWN. What it answers may be revoked: see `requireCurrent`. */
export function identify(request: StubRequest, context: IosContext): Speaker {
  const certificate = presented(request, context);
  const judged = context.ca.judge(certificate);
  if (judged.standing === 'unknown') {
    throw stubError('DEVICE_UNKNOWN', 'the certificate is ours, and nothing is known of its enrollment any more');
  }
  if (!('entry' in judged))
    throw stubError('DEVICE_IDENTITY', standingReason(judged), { details: { standing: judged.standing } });
  const { platform, purpose } = judged.entry;
  if (platform !== 'ios' || purpose !== 'identity') {
    throw stubError('DEVICE_IDENTITY', 'the certificate is not for MDM');
  }
  return judged.entry;
}

function presented(request: StubRequest, { settings, clock }: IosContext): Uint8Array {
  const signature = request.headers[mdmSignatureHeader];
  if (signature === undefined) {
    const { clientCertificate } = request;
    if (clientCertificate !== undefined) return clientCertificate;
    throw stubError('DEVICE_IDENTITY', 'there is neither an Mdm-Signature nor a client certificate');
  }
  try {
    const verified = verifySignedData(Buffer.from(signature, 'base64'), { content: request.body });
    requireRecent(verified.signingTime, settings.signingSkewMs, clock.now());
    return verified.signer;
  } catch (cause) {
    if (!isRollcallError(cause) || cause.code === 'DEVICE_IDENTITY') throw cause;
    throw stubError('DEVICE_IDENTITY', `Mdm-Signature: ${cause.message}`, { cause });
  }
}

/** Far more than the clock of a device that was never set is wrong by a time zone; far less than a captured message is kept. */
const defaultSkewMs = 24 * 3600 * 1000;

/**
 * A message that somebody kept is good for as long as its signing time is near: within that time it may be sent again, and
 * tells the stub what it knows already. Throws DEVICE_IDENTITY.
 */
function requireRecent(signingTime: Date | undefined, skewMs: number | undefined, now: number): void {
  const allow = 'set the clock of device or stub, or allow more with --signing-skew';
  if (signingTime === undefined) {
    if (skewMs === undefined || skewMs === Number.POSITIVE_INFINITY) return;
    throw stubError('DEVICE_IDENTITY', `Mdm-Signature: there is no signing time; ${allow}`);
  }
  if (Math.abs(now - signingTime.getTime()) <= (skewMs ?? defaultSkewMs)) return;
  const at = Number.isNaN(signingTime.getTime()) ? 'none' : signingTime.toISOString();
  throw stubError('DEVICE_IDENTITY', `Mdm-Signature: the signing time ${at} is too far from now; ${allow}`);
}

/**
 * A certificate whose enrollment was ended speaks for a device that is not managed here. Throws DEVICE_UNKNOWN; DEVICE_IDENTITY for one
 * that a renewal has replaced: its device stays managed.
 */
export function requireCurrent(speaker: Speaker): void {
  if (speaker.isReplaced === true)
    throw stubError('DEVICE_IDENTITY', 'another certificate has taken the place of this one');
  if (speaker.isRevoked) throw stubError('DEVICE_UNKNOWN', 'the enrollment of this certificate has ended');
}

/** The certificate must be the one that this device presented at its Authenticate, or a renewal of it. Throws DEVICE_IDENTITY. */
export function requireBound(speaker: Speaker, deviceId: string): void {
  if (speaker.deviceId !== deviceId) {
    throw stubError('DEVICE_IDENTITY', `the certificate is not that of device ${deviceId}`);
  }
}

/**
 * The device speaks with a renewed certificate for the first time: only now the one before is worth nothing (M1). Throws
 * STORE_UNWRITABLE, and has changed nothing then.
 */
export function noteUse(
  { serial, expiresAt }: Speaker,
  device: DeviceRecord,
  { tenant, ca }: IosContext,
): DeviceRecord {
  const { deviceId } = device;
  if (memoryOf(device).certificateSerial === serial) return device;
  remember(tenant, device, { certificateSerial: serial, certificateExpiresAt: expiresAt });
  tenant.setCertificate(deviceId, expiresAt);
  ca.issued.replaceOthers(serial);
  return tenant.device(deviceId) ?? device;
}

/** The device that a message names, which must be known and speak with its own certificate. Throws DEVICE_UNKNOWN, DEVICE_IDENTITY. */
export function deviceOf(message: EnrollmentIds, speaker: Speaker, context: IosContext): DeviceRecord {
  const { tenant } = context;
  const deviceId = enrollmentKey(message);
  const device = tenant.device(deviceId);
  if (device === undefined) throw stubError('DEVICE_UNKNOWN', `no device ${deviceId} is enrolled here`);
  requireBound(speaker, deviceId);
  return noteUse(speaker, device, context);
}
