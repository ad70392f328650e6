import { z } from 'zod';
import { savedForm } from '../saved-form.js';
import { nodeFormats } from './tree/schema.js';

// What a Windows enrollment is, as stored: plain values and bytes. Optional keys are left out rather than set to undefined.

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is not bytes');
const keyRef = z.union([z.object({ pool: z.string() }), z.object({ pkcs8: z.string() })]);
const text = z.string();
const moment = z.number();

const authentication = z.object({
  type: z.enum(['BASIC', 'DIGEST']),
  name: z.exactOptional(text),
  secret: text,
  /** AAUTHDATA or the last NextNonce, base64 where it is that; the literal `nonce` as it came. */
  nonce: z.exactOptional(text),
});
export type SavedAuthentication = z.infer<typeof authentication>;

/** The DM account (APPLICATION w7; specs/windows.md §1.5), as the DMAcc CSP shows it. */
const account = z.object({
  /** PROVIDER-ID. */
  providerId: text,
  name: text,
  /** ADDR. */
  address: text,
  /** APPAUTH APPSRV: what the device shows to the server. */
  appSrv: z.exactOptional(authentication),
  /** APPAUTH CLIENT: what the server shows to the device. */
  client: z.exactOptional(authentication),
  /** CONNRETRYFREQ, INITIALBACKOFFTIME and MAXBACKOFFTIME (milliseconds). */
  connRetryFreq: z.number(),
  initialBackOffMs: z.number(),
  maxBackOffMs: z.number(),
  wbxml: z.exactOptional(z.literal(true)),
  /** SSLCLIENTCERTSEARCHCRITERIA, as it came. */
  searchCriteria: z.exactOptional(text),
});
export type SavedAccount = z.infer<typeof account>;

export const csrForms = ['win11', 'win10', 'strict'] as const;
export type CsrForm = (typeof csrForms)[number];

const enrollment = z.object({
  /** Full: My/User, Device: My/System. */
  type: z.enum(['Full', 'Device']),
  upn: z.exactOptional(text),
  /** EnrollmentServiceUrl, where the certificate is renewed too. */
  serviceUrl: text,
  requestVersion: text,
  /** What a renewal asks for: from the policy of the enrollment. */
  keyBits: z.number(),
  digest: text,
  csrForm: z.enum(csrForms),
  enrolledAt: moment,
  allowHttp: z.exactOptional(z.boolean()),
});

const identity = z.object({ certificate: bytes, key: keyRef });
export type SavedIdentity = z.infer<typeof identity>;

/** A certificate in one of the device's stores, besides the identity. By SHA-1 thumbprint, upper-case hexadecimal. */
const certificate = z.object({
  der: bytes,
  /** CertificateStore's names: Root, CA, My, TrustedPublisher, ... */
  store: text,
  scope: z.enum(['device', 'user']),
  key: z.exactOptional(keyRef),
  chain: z.exactOptional(z.array(bytes)),
  /** Canonical URI of the node that brought it; it goes with the node. */
  node: z.exactOptional(text),
});
export type SavedCertificate = z.infer<typeof certificate>;

/** A node that was written: by canonical URI in lower case, but for names that the schema holds case-sensitive. */
const node = z.object({
  /** What its writer called it, decoded, where the last name of its key says it in other capitals. */
  name: z.exactOptional(text),
  format: z.enum(nodeFormats),
  /** Absent for interior nodes. */
  value: z.exactOptional(text),
});
export type SavedNode = z.infer<typeof node>;

const alert = z.object({
  code: z.enum(['1224', '1226']),
  type: text,
  source: z.exactOptional(text),
  format: z.exactOptional(text),
  mark: z.exactOptional(text),
  data: text,
});
/** An alert that waits to be said in the next session. */
export type QueuedAlert = z.infer<typeof alert>;

/** What a CSP module is to do later, without being asked again: a SCEP enrollment, an installation. */
const work = z.object({
  /** Canonical root of the module: `./Device/Vendor/MSFT/ClientCertificateInstall`. */
  module: text,
  /** Unique among works of the module; a new one of the same name takes its place. */
  name: text,
  /** Not before; absent: right after the session. */
  at: z.exactOptional(moment),
  tries: z.number(),
  data: z.record(text, z.unknown()),
});
export type Work = z.infer<typeof work>;

const renewal = z.object({
  /** CertificateStore/My/WSTEP/Renew/Status: 0 none, 1 in progress, 2 succeeded, 3 failed. */
  status: z.number(),
  errorCode: z.number(),
  lastAttemptAt: z.exactOptional(moment),
  /** RenewNow was executed: due at once. */
  now: z.exactOptional(z.literal(true)),
  /** The answer may have been lost: the key asked with, and the certificate before, which is valid until the new one was used. */
  before: z.exactOptional(identity),
});

const sessions = z.object({
  /** SessionID of the next session; 0 in the first after a boot. */
  next: z.number(),
  /** MS-CV: its sixteen characters, and the number of the next session. */
  vector: text,
  count: z.number(),
});

const windowsData = z.object({
  /** 32 hexadecimal digits, upper case: Source LocURI of every message. */
  deviceId: text,
  account,
  enrollment,
  identity,
  sessions,
  /** When the poll schedule was last written; its tiers count from there. */
  pollSince: moment,
  tree: z.record(text, node),
  certificates: z.record(text, certificate),
  renewal: z.exactOptional(renewal),
  alerts: z.exactOptional(z.array(alert)),
  works: z.exactOptional(z.array(work)),
  /** When the server was last heard of; lost contact counts from there. */
  contactAt: moment,
  /** The device restarts at this moment (Reboot CSP). */
  rebootAt: z.exactOptional(moment),
  /** Restarts of Reboot's schedule count from here: the last restart, or when the schedule was written. */
  restartsFrom: z.exactOptional(moment),
  /** After a restart nobody has signed in: when somebody does, by convention; done: it has happened. */
  signIn: z.exactOptional(z.object({ at: moment, isDone: z.exactOptional(z.literal(true)) })),
  /** No check-in of the device's own before this moment: the server answered 429 with Retry-After. */
  notBefore: z.exactOptional(moment),
  /** Where WNS brings notifications: the server's PFN, the token of the channel, and since when. */
  channel: z.exactOptional(z.object({ pfn: text, token: bytes, since: moment })),
  /** A command ended the enrollment, and the device has yet to go: the process may have ended in between. */
  leaving: z.exactOptional(z.enum(['unenroll', 'wipe'])),
});
export type WindowsData = z.infer<typeof windowsData>;

/** Checks such data when it is read, and before it is stored. */
export const { trust, read: readWindowsData } = savedForm<WindowsData>('Windows', windowsData);
