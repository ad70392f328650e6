// Certificates of devices, for the keys that they ask with.
import type { KeyObject } from 'node:crypto';
import type { WindowsCsr } from '../../protocol/mde2/csr.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { WindowsContext } from './context.js';
import { refuseWith } from './refusals.js';

/** A certificate for the device's key, by which it is known from now on. */
export function issue(csr: WindowsCsr, { deviceId, userId }: DeviceRecord, { ca, tenant }: WindowsContext) {
  const certificate = ca.issueForDevice({
    publicKey: csr.publicKey,
    subject: [[['O', tenant.displayName]], [['CN', deviceId]]],
    platform: 'windows',
    purpose: 'identity',
    userId,
    deviceId,
  });
  const { serialHex, notAfter } = readCertificate(certificate);
  return { certificate, commonName: deviceId, serial: serialHex, expiresAt: notAfter.getTime() };
}

/** A certificate of a person's own, bound to no device. Throws REQUEST_INVALID. */
export function userCertificate(
  upn: string,
  publicKey: KeyObject,
  { ca, tenant }: Pick<WindowsContext, 'ca' | 'tenant'>,
) {
  const user = tenant.user(upn);
  if (user === undefined) throw stubError('REQUEST_INVALID', 'no such user is known');
  return ca.issueForDevice({
    publicKey,
    subject: [[['O', tenant.displayName]], [['CN', user.upn]]],
    subjectAltName: { ntPrincipalName: [user.upn] },
    platform: 'windows',
    purpose: 'profile',
    userId: user.id,
  });
}

/** RSA of 1024 to 4096 bits. Throws MESSAGE_REFUSED. */
export function requireUsableKey(key: KeyObject): void {
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < 1024 || bits > 4096) {
    throw refuseWith({ subcode: 'CertificateRequest' }, 'the key is not RSA of 1024 to 4096 bits');
  }
}
