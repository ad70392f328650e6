// What a device is and holds: the one description of it. The types that the rest of the agent uses, what may be written to a
// store and what is read from one all come from here.
import { z } from 'zod';
import type { Described } from '../../protocol/vocabulary/derive.js';
import { opaque, secret, text } from '../../protocol/vocabulary/fields.js';
import { type Authority, authorities, platformNames } from '../../protocol/vocabulary/names.js';
import { profile } from '../../protocol/vocabulary/profile.js';
import { states } from './lifecycle.js';

const moment = z.number();

/** Who a device is. A function of (seed, index) in a fleet; only an OS update changes it. */
export const deviceFacts = z.strictObject({
  platform: z.enum(platformNames),
  /** The platform's own identifier: Apple UDID, Windows DeviceID, Headwind number. Unique, and safe in a file name. */
  id: text.min(1),
  serial: text,
  manufacturer: text,
  /** Hardware identifier, such as `iPhone15,2`. */
  model: text,
  /** Family name, such as `iPhone`. */
  modelName: text,
  osVersion: text,
  osBuild: text,
  imei: text.exactOptional(),
  meid: text.exactOptional(),
  wifiMac: text,
  bluetoothMac: text,
  capacityGb: z.number(),
  supervised: z.boolean(),
  /** What only this platform knows, such as Apple's ModelNumber. */
  native: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
/** Who a device is: identifiers, model, OS version. Only an OS update changes it. */
export type DeviceFacts = Described<typeof deviceFacts>;

export const lostMode = z.strictObject({
  message: text.exactOptional(),
  phoneNumber: text.exactOptional(),
  footnote: text.exactOptional(),
});
/** What a lost device shows on its screen. */
export type LostMode = Described<typeof lostMode>;

/** As many as any policy may ask for (Apple: pinHistory 1 to 50). */
export const mostPasscodesKept = 50;

export const companyPortal = z.strictObject({
  version: text.min(1),
  /** It does not start, and has to be installed again (B6). */
  isBroken: z.literal(true).exactOptional(),
});
/** The app with which a person enrolls the device, by convention. */
export type CompanyPortal = Described<typeof companyPortal>;

/** By what a device is online. */
export const networks = ['wifi', 'cellular'] as const;

/** What a person holding the device would see and may change. */
export const condition = z.strictObject({
  deviceName: text,
  /** The screen is locked; only meaningful with a passcode. */
  locked: z.boolean(),
  passcode: secret(text).exactOptional(),
  /** When a person set it; milliseconds since the epoch. Absent for one that was set before this was kept. */
  passcodeSetAt: moment.exactOptional(),
  /** The passcodes that a person has set, the newest first, the present one among them. */
  passcodesUsed: z.array(secret(text)).max(mostPasscodesKept).exactOptional(),
  online: z.boolean(),
  /** By what it is online, or would be. Absent: Wi-Fi. */
  network: z.enum(networks).exactOptional(),
  /** Absent: the app is not installed. */
  companyPortal: companyPortal.exactOptional(),
  lostMode: lostMode.exactOptional(),
  powered: z.boolean(),
  batteryPercent: z.number(),
  lockMessage: text.exactOptional(),
  /** Who has signed in, on platforms where that is told from unlocking; absent: the person who enrolled it. */
  signedIn: z.enum(['user', 'others', 'none']).exactOptional(),
});
/** What a person holding the device would see and may change. */
export type Condition = Described<typeof condition>;

/** A managed profile on the device. Exactly one per name. */
export const holding = z.strictObject({
  profile,
  /** Whose setting it is: the authority that the protocol names, or else the label of the enrollment that brought it. */
  authority: text,
  /** Milliseconds since the epoch, on the device's clock. */
  installedAt: moment,
  /** When the device drops it by itself, where whoever sent it said so (Apple: RemovalDate, DurationUntilRemoval). */
  keptUntil: moment.exactOptional(),
});
/** A managed profile on the device, whose it is and when it came (milliseconds since the epoch). */
export type Holding = Described<typeof holding>;

export const app = z.strictObject({
  id: text,
  name: text,
  version: text,
  sizeBytes: z.number(),
  managed: z.boolean(),
  /** Managed, but the user's own once management ends; otherwise it goes then. */
  stays: z.boolean().exactOptional(),
});
/** An app on the device, the user's own or managed. */
export type App = Described<typeof app>;

/** What a driver keeps of an enrollment, so that a later process can pick it up. `data` is plain values and bytes. */
const savedLink = z.strictObject({
  platform: z.enum(platformNames),
  authority: text,
  /** Where the enrollment came from: scheme, host and port. */
  origin: text.exactOptional(),
  data: opaque,
});
/** What a driver keeps of an enrollment, so that a later process can pick it up. */
export type SavedLink = Described<typeof savedLink>;

/** Who manages a device, as far as its protocol says so (by convention: protocol/managing-authority.ts). */
export const managedBy = z.strictObject({
  authority: z.enum(Object.keys(authorities) as [Authority, ...Authority[]]),
  /** When the device was told first, without another in between. */
  since: moment,
});

/** Profiles on one device. */
export const maxHoldings = 10_000;
export const apps = z.array(app).max(10_000);

/** One device as it is stored: plain values (and Uint8Array), nothing live. */
export const deviceState = z.strictObject({
  /** Of this form: agent/store/stored-form.ts reads the ones before it. */
  version: z.literal(1),
  facts: deviceFacts,
  lifecycle: z.enum(states),
  condition,
  holdings: z.array(holding).max(maxHoldings),
  apps,
  link: savedLink.exactOptional(),
  /** Absent: not enrolled, or the server says nothing of it. */
  managedBy: managedBy.exactOptional(),
  /** An answer "later" is outstanding: the device owes a check-in once it is unlocked. */
  owesCheckIn: z.boolean(),
  lastCheckInAt: moment.exactOptional(),
});
/** One device as it is stored: plain values and bytes, nothing live. */
export type DeviceState = Described<typeof deviceState>;
