// What may be done with the certificates that devices speak with.

/** Until when a device may speak here, and what follows from it (M1 to M3, M5). */
export interface Certificates {
  /** How long before its end a certificate is renewed, in milliseconds: `renewBeforeMs`, or half of its life where that is shorter. */
  renewalMs(): number;
  /**
   * The certificate that the device speaks with ends then; undefined: it has none any more. Said when it is issued, and of a renewal when
   * the device uses it. Throws DEVICE_UNKNOWN, STORE_UNWRITABLE.
   */
  setCertificate(deviceId: string, expiresAt: number | undefined): void;
  /** M1: whether its certificate ends so soon that it is to be renewed in this session. Throws DEVICE_UNKNOWN. */
  isRenewalDue(deviceId: string): boolean;
  /** M2: throws DEVICE_IDENTITY where its certificate has ended, DEVICE_UNKNOWN. Sessions ask it by themselves. */
  requireCertificate(deviceId: string): void;
}
