// Which certificates were issued, to whom, and which device each speaks for.

import { z } from 'zod';
import type { Clock } from '../base/clock.js';
import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import type { Keep } from './keep.js';
import { readKept } from './kept.js';
import { OldestFirst } from './oldest-first.js';

/** Whose a certificate is and what it is worth: said when it is asked for, remembered while it is valid. */
export interface CertificateGrant {
  readonly platform: PlatformName;
  /** `identity` speaks for a device at the endpoints of its platform; `profile` is for mail, VPN or Wi-Fi and does not. */
  readonly purpose: 'identity' | 'profile';
  /** Absent for a userless device. */
  readonly userId?: string | undefined;
  /** Absent until a device has presented it, unless it was asked for by a device that is enrolled already. */
  readonly deviceId?: string | undefined;
}

export interface IssuedCertificate extends CertificateGrant {
  /** Upper-case hex. */
  readonly serial: string;
  /** Milliseconds on the tenant's clock. */
  readonly expiresAt: number;
  readonly isRevoked: boolean;
}

export const grantSchema = z.object({
  platform: z.enum(platformNames).default('ios'), // not written while iOS was the only platform
  purpose: z.enum(['identity', 'profile']),
  userId: z.string().optional(),
  deviceId: z.string().optional(),
});

const issuedSchema = grantSchema.extend({ serial: z.string(), expiresAt: z.number(), isRevoked: z.boolean() });

/** Certificates that were issued and with which no device has enrolled, such as those in profiles that strangers fetch. */
const maxUnbound = 100_000;

export interface IssuedIndex {
  readonly size: number;
  get(serial: string): IssuedCertificate | undefined;
  add(entry: IssuedCertificate): void;
  bind(serial: string, deviceId: string): void;
  /** Every identity of a device but the one excepted stops speaking for it. */
  revokeDevice(deviceId: string, except?: string): void;
}

/** In memory, and on disk where there is a `keep`. */
export function openIssuedIndex(clock: Clock, keep?: Keep): IssuedIndex {
  const entries = new Map<string, IssuedCertificate>();
  const byDevice = new Map<string, Set<string>>();
  /** Those that no device speaks with yet. */
  const unbound = new OldestFirst();

  const put = (entry: IssuedCertificate) => {
    entries.set(entry.serial, entry);
    if (entry.deviceId === undefined) {
      unbound.add(entry.serial);
      return;
    }
    unbound.delete(entry.serial);
    const serials = byDevice.get(entry.deviceId) ?? new Set();
    byDevice.set(entry.deviceId, serials.add(entry.serial));
  };
  const write = (entry: IssuedCertificate) => {
    put(entry);
    keep?.put(entry.serial, entry);
  };
  const forget = ({ serial, deviceId }: IssuedCertificate) => {
    entries.delete(serial);
    unbound.delete(serial);
    if (deviceId !== undefined) byDevice.get(deviceId)?.delete(serial);
    keep?.put(serial, undefined);
  };
  /** What has expired can never be accepted again; of those that nobody came to use only so many are remembered. */
  const makeRoom = () => {
    for (const entry of entries.values()) {
      if (entry.expiresAt >= clock.now()) break;
      forget(entry);
    }
    if (unbound.size < maxUnbound) return;
    const oldest = entries.get(unbound.take() ?? '');
    if (oldest !== undefined) forget(oldest);
  };

  // One that was set aside is unknown from now on, and speaks for nobody: the gate refuses it.
  for (const [serial, entry] of readKept(keep, 'certificate', issuedSchema)) {
    // What has expired can never be accepted again.
    if (entry.expiresAt < clock.now()) keep?.put(serial, undefined);
    else put(entry);
  }

  return {
    get size() {
      return entries.size;
    },
    get: (serial) => entries.get(serial),
    add(entry) {
      makeRoom();
      write(entry);
    },
    bind(serial, deviceId) {
      const entry = entries.get(serial);
      if (entry !== undefined && entry.deviceId !== deviceId) write({ ...entry, deviceId });
    },
    revokeDevice(deviceId, except) {
      for (const serial of byDevice.get(deviceId) ?? []) {
        const entry = entries.get(serial);
        if (serial !== except && entry !== undefined && !entry.isRevoked) write({ ...entry, isRevoked: true });
      }
      const kept = except !== undefined && entries.get(except)?.deviceId === deviceId ? [except] : [];
      if (kept.length === 0) byDevice.delete(deviceId);
      else byDevice.set(deviceId, new Set(kept));
    },
  };
}
