import { z } from 'zod';

// What a configuration that was applied leaves behind on the device, as stored. Everything may be absent: an idle device stays small.

const text = z.string();
const moment = z.number();
const count = z.number();

/** A file of the device's virtual file system, under its absolute path. */
const deviceFile = z.object({
  size: count,
  /** SHA-256 of the bytes, hexadecimal. */
  sha256: text,
  /** Only of files that the device itself reads: certificates, PKCS#12, VPN files, ONC. */
  content: z.instanceof(Uint8Array).exactOptional(),
  /** What the launcher's table of files says: paths as the server wrote them, and the `lastUpdate` that came with each. */
  records: z.array(z.tuple([text, moment])),
});
/** A file of the device. */
export type DeviceFile = z.infer<typeof deviceFile>;

/** A download that failed, or that could not be installed, as the launcher's table of downloads has it. */
const failedDownload = z.object({
  attempts: count,
  /** It arrived, and could not be put in place: it is not tried again. */
  downloaded: z.boolean(),
});
export type FailedDownload = z.infer<typeof failedDownload>;

const logRule = z.object({ packageId: text, logLevel: count, filter: text.exactOptional() });
const logItem = z.object({ timestamp: moment, logLevel: count, packageId: text, message: text });

export const appliedFields = {
  /** Text of `data` of the configuration that the device took last. */
  configuration: text.exactOptional(),
  /** Configurations taken so far: the first half of the id of each command that they bring. */
  syncs: count.exactOptional(),
  /** Pushes acted on so far: likewise. */
  pushes: count.exactOptional(),
  files: z.record(text, deviceFile).exactOptional(),
  /** By absolute path of a file, or by the temporary path of an app. */
  downloads: z.record(text, failedDownload).exactOptional(),
  /** Version codes of installed apps, where the configuration said one. */
  appCodes: z.record(text, count).exactOptional(),
  /** Files and apps that were given up until the next configuration (launcher: "continue" on its error screen). */
  skippedFiles: z.array(text).exactOptional(),
  skippedApps: z.array(text).exactOptional(),
  /** IANA name; absent: UTC (by convention). */
  timeZone: text.exactOptional(),
  /** Kiosk mode was left by a push, until the next configuration. */
  isKioskLeft: z.boolean().exactOptional(),
  /** Until when everything is allowed: a push of type permissiveMode. */
  permissiveUntil: moment.exactOptional(),
  /** Neutral profiles made of settings of the document itself: name, and a hash of what each was made of. */
  settingProfiles: z.array(z.tuple([text, text])).exactOptional(),
  /** The setting `certificates` that was applied last. */
  certificatePaths: text.exactOptional(),
  /** Hash of what was told of managed configurations that do not come to what their sender meant. */
  toldBundles: text.exactOptional(),
  /** The screen is covered by the launcher's lock, with this message. */
  lockedWith: text.exactOptional(),
  /** The app that kiosk mode was last told of; empty: without one. */
  kioskOf: text.exactOptional(),
  /** When the time of app updates begins next, as the launcher's timer notices it. */
  nextUpdateAt: moment.exactOptional(),
  logRules: z.array(logRule).exactOptional(),
  /** Lines to be uploaded, oldest first. */
  log: z.array(logItem).exactOptional(),
  /** An upload failed: tried again then. */
  logRetryAt: moment.exactOptional(),
  /** What the server wants of dynamic information; when it was last sent, and after which configuration it was asked. */
  dynamicInfo: z.object({ sendData: z.boolean(), intervalMins: count, at: moment, syncs: count }).exactOptional(),
};
