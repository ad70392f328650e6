import type { PlatformName, Profile } from '../../protocol/vocabulary.js';
import type { State } from './lifecycle.js';

/** Who a device is. A function of (seed, index) in a fleet; only an OS update changes it. */
export interface DeviceFacts {
  readonly platform: PlatformName;
  /** The platform's own identifier: Apple UDID, Windows DeviceID, Headwind number. Unique, and safe in a file name. */
  readonly id: string;
  readonly serial: string;
  readonly manufacturer: string;
  /** Hardware identifier, such as `iPhone15,2`. */
  readonly model: string;
  /** Family name, such as `iPhone`. */
  readonly modelName: string;
  readonly osVersion: string;
  readonly osBuild: string;
  readonly imei?: string;
  readonly meid?: string;
  readonly wifiMac: string;
  readonly bluetoothMac: string;
  readonly capacityGb: number;
  readonly supervised: boolean;
  /** What only this platform knows, such as Apple's ModelNumber. */
  readonly native: Readonly<Record<string, string | number | boolean>>;
}

export interface LostMode {
  readonly message?: string;
  readonly phoneNumber?: string;
  readonly footnote?: string;
}

/** What a person holding the device would see and may change. */
export interface Condition {
  readonly deviceName: string;
  /** The screen is locked; only meaningful with a passcode. */
  readonly locked: boolean;
  readonly passcode?: string;
  readonly online: boolean;
  readonly lostMode?: LostMode;
  readonly powered: boolean;
  readonly batteryPercent: number;
  readonly lockMessage?: string;
}

/** A managed profile on the device. Exactly one per name. */
export interface Holding {
  readonly profile: Profile;
  /** Label of the authority that installed it. */
  readonly authority: string;
  /** Milliseconds since the epoch, on the device's clock. */
  readonly installedAt: number;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly managed: boolean;
  /** Managed, but the user's own once management ends; otherwise it goes then. */
  readonly stays?: boolean;
}

/** What a driver keeps of an enrollment, so that a later process can pick it up. `data` is plain values and bytes. */
export interface SavedLink {
  readonly platform: PlatformName;
  readonly authority: string;
  /** Where the enrollment came from: scheme, host and port. */
  readonly origin?: string;
  readonly data: unknown;
}

/** One device as it is stored: plain values (and Uint8Array), nothing live. */
export interface DeviceState {
  readonly version: 1;
  readonly facts: DeviceFacts;
  readonly lifecycle: State;
  readonly condition: Condition;
  readonly holdings: readonly Holding[];
  readonly apps: readonly App[];
  readonly link?: SavedLink;
  /** An answer "later" is outstanding: the device owes a check-in once it is unlocked. */
  readonly owesCheckIn: boolean;
  readonly lastCheckInAt?: number;
}
