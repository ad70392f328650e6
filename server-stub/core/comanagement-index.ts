import type { ProfileKind } from '../../protocol/vocabulary.js';
import type { Comanagement, Workload } from './comanagement-types.js';

/** How a serial number is looked up: whatever its capitals. */
export const serialKey = (serial: string): string => serial.trim().toUpperCase();

/** The co-managed PCs, by serial number and by user. */
export class ComanagementIndex {
  readonly #bySerial = new Map<string, Comanagement>();
  /** How many PCs of a user are co-managed. */
  readonly #users = new Map<string, number>();

  list(): readonly Comanagement[] {
    return [...this.#bySerial.values()];
  }

  find(serial: string): Comanagement | undefined {
    return this.#bySerial.get(serialKey(serial));
  }

  /** C8: one of this user's PCs is co-managed. */
  isComanaged(userId: string): boolean {
    return this.#users.has(userId);
  }

  put(entry: Comanagement): void {
    this.remove(entry.serial);
    this.#bySerial.set(serialKey(entry.serial), entry);
    this.#users.set(entry.userId, (this.#users.get(entry.userId) ?? 0) + 1);
  }

  /** False: there was none. */
  remove(serial: string): boolean {
    const former = this.find(serial);
    if (former === undefined) return false;
    this.#bySerial.delete(serialKey(serial));
    const others = (this.#users.get(former.userId) ?? 1) - 1;
    if (others === 0) this.#users.delete(former.userId);
    else this.#users.set(former.userId, others);
    return true;
  }
}

/** The kinds of profiles that a workload is about; the other workloads are flags alone, by convention. */
const kindsOf: Readonly<Partial<Record<Workload, readonly ProfileKind[]>>> = {
  resourceAccess: ['email', 'vpn', 'wifi', 'certificate'],
  deviceConfiguration: ['configuration'],
};

const nothing: ReadonlySet<ProfileKind> = new Set();
const known = new Map<string, ReadonlySet<ProfileKind>>();

/** What ConfigMgr keeps of a co-managed PC (C6): intune gives none of it, and takes none of it away. Equal answers are one object. */
export function withheldBy({ workloads }: Pick<Comanagement, 'workloads'>): ReadonlySet<ProfileKind> {
  const kinds = (['resourceAccess', 'deviceConfiguration'] as const).flatMap((workload) =>
    workloads.includes(workload) ? [] : (kindsOf[workload] ?? []),
  );
  const key = kinds.join(' ');
  let withheld = key === '' ? nothing : known.get(key);
  if (withheld === undefined) {
    withheld = new Set(kinds);
    known.set(key, withheld);
  }
  return withheld;
}

/** Of a device that is not co-managed. */
export const withholdsNothing = nothing;
