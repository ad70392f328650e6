// Which certificates were issued, to whom, and which device each speaks for.

import { z } from 'zod';
import type { Clock } from '../base/clock.js';
import { type Authority, authorities, type PlatformName, platformNames } from '../protocol/vocabulary.js';
import { type EnrollmentType, enrollmentTypes } from './core/types.js';
import type { Keep } from './keep.js';
import { readKept } from './kept.js';

/** Whose a certificate is and what it is worth: said when it is asked for, remembered while it is valid. */
export interface CertificateGrant {
  readonly platform: PlatformName;
  /** `identity` speaks for a device at the endpoints of its platform; `profile` is for mail, VPN or Wi-Fi and does not. */
  readonly purpose: 'identity' | 'profile';
  /** Absent for a userless device. */
  readonly userId?: string | undefined;
  /** Absent until a device has presented it, unless it was asked for by a device that is enrolled already. */
  readonly deviceId?: string | undefined;
  /** It renews what this device has already: the enrollment goes on with it. */
  readonly isRenewal?: boolean | undefined;
  /** What the enrollment profile said that it was asked for with. */
  readonly enrollment?:
    | {
        readonly type: EnrollmentType;
        readonly authority: Authority;
        /** The attempt that it is the first step of (E01). */
        readonly attempt?: string;
      }
    | undefined;
}

export interface IssuedCertificate extends CertificateGrant {
  /** Upper-case hex. */
  readonly serial: string;
  /** Milliseconds on the tenant's clock. */
  readonly expiresAt: number;
  readonly isRevoked: boolean;
  /** It is revoked because a renewal has taken its place: the enrollment goes on. */
  readonly isReplaced?: boolean | undefined;
}

export const grantSchema = z.object({
  platform: z.enum(platformNames).default('ios'), // not written while iOS was the only platform
  purpose: z.enum(['identity', 'profile']),
  userId: z.string().optional(),
  deviceId: z.string().optional(),
  isRenewal: z.boolean().optional(),
  enrollment: z
    .object({
      type: z.enum(enrollmentTypes),
      attempt: z.string().exactOptional(),
      authority: z.enum(Object.keys(authorities) as [Authority, ...Authority[]]),
    })
    .optional(),
});

const issuedSchema = grantSchema.extend({
  serial: z.string(),
  issuedAt: z.number().optional(),
  expiresAt: z.number(),
  isRevoked: z.boolean(),
  isReplaced: z.boolean().optional(),
  revokedAt: z.number().optional(),
});

type Entry = z.output<typeof issuedSchema>;

export interface IssuedIndex {
  readonly size: number;
  get(serial: string): IssuedCertificate | undefined;
  add(entry: IssuedCertificate): void;
  bind(serial: string, deviceId: string): void;
  /** This one is worth nothing from now on: of an enrollment that was refused before it was any device's. */
  revoke(serial: string): void;
  /** Every identity of a device but the one excepted stops speaking for it. */
  revokeDevice(deviceId: string, except?: string): void;
  /** The device speaks with this certificate: those of the same purpose that it had before, or was given beside it, do no more (M1). */
  replaceOthers(serial: string): void;
  /** Calls back with each certificate that is issued from now on. */
  onIssued(listener: (issued: IssuedCertificate) => void): void;
}

const dayMs = 24 * 3_600_000;

interface IssuedBounds {
  /**
   * Since it was issued, of one with which no device has enrolled: it lay in a profile that was fetched and never installed. Who
   * fetches a profile on Friday and installs it after the holidays may.
   */
  readonly unboundMs: number;
  readonly unbound: number;
  /** Of devices that left, or enrolled anew: a late CheckOut is accepted by it. */
  readonly revokedMs: number;
  readonly revoked: number;
  /** For each purpose: renewals take the place of the oldest. */
  readonly ofDevice: number;
}

/**
 * What is remembered. A certificate that is forgotten is `unknown` to the gate: ours, of an enrollment that nobody knows. Its device
 * is told what one is told whose enrollment has ended, and enrolls again.
 */
export const issuedBounds: IssuedBounds = {
  unboundMs: 14 * dayMs,
  unbound: 100_000,
  revokedMs: 30 * dayMs,
  revoked: 50_000,
  ofDevice: 16,
};

/** What is too old is looked for so often, and whenever there is too much. */
const sweepMs = 3_600_000;

/** In memory, and on disk where there is a `keep`. */
export function openIssuedIndex(clock: Clock, keep?: Keep, bounds: IssuedBounds = issuedBounds): IssuedIndex {
  return new BoundedIndex(clock, keep, bounds);
}

class BoundedIndex implements IssuedIndex {
  readonly #clock: Clock;
  readonly #keep: Keep | undefined;
  readonly #bounds: IssuedBounds;
  readonly #entries = new Map<string, Entry>();
  /** In the order in which they were issued; what is revoked is not in it. */
  readonly #byDevice = new Map<string, Set<string>>();
  /** The oldest first. */
  readonly #unbound = new Set<string>();
  readonly #revoked = new Set<string>();
  readonly #listeners: ((issued: IssuedCertificate) => void)[] = [];
  #sweepAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, keep: Keep | undefined, bounds: IssuedBounds) {
    this.#clock = clock;
    this.#keep = keep;
    this.#bounds = bounds;
    // One that was set aside is unknown from now on, and speaks for nobody: the gate refuses it.
    const kept = readKept(keep, 'certificate', issuedSchema).map(([, entry]) => entry);
    const now = clock.now();
    const since = ({ issuedAt, revokedAt, isRevoked }: Entry) => (isRevoked ? revokedAt : issuedAt) ?? now;
    for (const entry of kept.sort((a, b) => since(a) - since(b))) this.#putDated(entry, now);
    this.#sweep(now);
  }

  /** What was stored before times were stored counts from now on. */
  #putDated(entry: Entry, now: number): void {
    const { issuedAt, revokedAt, isRevoked, deviceId } = entry;
    if (isRevoked && revokedAt === undefined) this.#write({ ...entry, revokedAt: now });
    else if (!isRevoked && deviceId === undefined && issuedAt === undefined) this.#write({ ...entry, issuedAt: now });
    else this.#put(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(serial: string): IssuedCertificate | undefined {
    return this.#entries.get(serial);
  }

  add(entry: IssuedCertificate): void {
    this.#write({ ...entry, issuedAt: this.#clock.now() });
    if (entry.deviceId !== undefined) this.#replaceOldest(entry.deviceId, entry.purpose);
    this.#sweepWhenDue();
    for (const listener of this.#listeners) listener(entry);
  }

  onIssued(listener: (issued: IssuedCertificate) => void): void {
    this.#listeners.push(listener);
  }

  bind(serial: string, deviceId: string): void {
    const entry = this.#entries.get(serial);
    if (entry === undefined || entry.deviceId === deviceId) return;
    this.#drop(entry);
    this.#write({ ...entry, deviceId });
  }

  revoke(serial: string): void {
    const entry = this.#entries.get(serial);
    if (entry === undefined || entry.isRevoked) return;
    this.#drop(entry);
    this.#write({ ...entry, isRevoked: true, revokedAt: this.#clock.now() });
    this.#sweepWhenDue();
  }

  revokeDevice(deviceId: string, except?: string): void {
    this.#revoke(deviceId, ({ serial }) => serial !== except);
  }

  replaceOthers(serial: string): void {
    const { deviceId, purpose } = this.#entries.get(serial) ?? {};
    if (deviceId === undefined) return;
    this.#revoke(deviceId, (other) => other.serial !== serial && other.purpose === purpose, { isReplaced: true });
  }

  #revoke(deviceId: string, isMeant: (entry: Entry) => boolean, how: Pick<Entry, 'isReplaced'> = {}): void {
    const revokedAt = this.#clock.now();
    for (const serial of [...(this.#byDevice.get(deviceId) ?? [])]) {
      const entry = this.#entries.get(serial);
      if (entry === undefined || !isMeant(entry)) continue;
      this.#drop(entry);
      this.#write({ ...entry, ...how, isRevoked: true, revokedAt });
    }
    this.#sweepWhenDue();
  }

  #write(entry: Entry): void {
    this.#put(entry);
    this.#keep?.put(entry.serial, entry);
  }

  #put(entry: Entry): void {
    const { serial, deviceId, isRevoked } = entry;
    this.#entries.set(serial, entry);
    if (isRevoked) this.#revoked.add(serial);
    else if (deviceId === undefined) this.#unbound.add(serial);
    else this.#byDevice.set(deviceId, (this.#byDevice.get(deviceId) ?? new Set()).add(serial));
  }

  #drop({ serial, deviceId }: Entry): void {
    this.#entries.delete(serial);
    this.#revoked.delete(serial);
    this.#unbound.delete(serial);
    const siblings = this.#byDevice.get(deviceId ?? '');
    siblings?.delete(serial);
    if (siblings?.size === 0) this.#byDevice.delete(deviceId ?? '');
  }

  #forget(serial: string | undefined): void {
    const entry = this.#entries.get(serial ?? '');
    if (entry === undefined) return;
    this.#drop(entry);
    this.#keep?.put(entry.serial, undefined);
  }

  #replaceOldest(deviceId: string, purpose: IssuedCertificate['purpose']): void {
    const siblings = [...(this.#byDevice.get(deviceId) ?? [])];
    if (siblings.length <= this.#bounds.ofDevice) return;
    const alike = siblings.filter((serial) => this.#entries.get(serial)?.purpose === purpose);
    for (const serial of alike.slice(0, -this.#bounds.ofDevice)) this.#forget(serial);
  }

  #sweepWhenDue(): void {
    const now = this.#clock.now();
    const isTooMuch = this.#unbound.size > this.#bounds.unbound || this.#revoked.size > this.#bounds.revoked;
    if (isTooMuch || now >= this.#sweepAt) this.#sweep(now);
  }

  /** Forgets what can never be accepted again, what is too old, and of what there is too much a tenth more than need be. */
  #sweep(now: number): void {
    this.#sweepAt = now + sweepMs;
    const { unboundMs, revokedMs, unbound, revoked } = this.#bounds;
    for (const entry of [...this.#entries.values()]) {
      const { serial, expiresAt, issuedAt = now, revokedAt = now } = entry;
      const isOld = this.#revoked.has(serial) ? revokedAt + revokedMs < now : issuedAt + unboundMs < now;
      const isInUse = !this.#revoked.has(serial) && !this.#unbound.has(serial);
      if (expiresAt < now || (isOld && !isInUse)) this.#forget(serial);
    }
    for (const [serials, most] of [
      [this.#unbound, unbound],
      [this.#revoked, revoked],
    ] as const) {
      const excess = serials.size > most ? serials.size - Math.floor(most * 0.9) : 0;
      for (const serial of [...serials].slice(0, excess)) this.#forget(serial);
    }
  }
}
