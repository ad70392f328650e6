import { z } from 'zod';
import { savedForm } from '../saved-form.js';

// What an iOS enrollment is, as stored: plain values and bytes. Optional keys are left out rather than set to undefined.

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is not bytes');
const keyRef = z.union([z.object({ pool: z.string() }), z.object({ pkcs8: z.string() })]);
const text = z.string();
const flag = z.boolean();
const texts = z.array(text);

/** What the com.apple.mdm payload says (specs/apple.md §1.2). */
const management = z.object({
  profileIdentifier: text,
  payloadIdentifier: text,
  serverUrl: text,
  checkInUrl: text,
  topic: text,
  signMessage: flag,
  accessRights: z.number(),
  checkOutWhenRemoved: flag,
  /** DER certificates one of which the server's chain must hold. */
  serverPins: z.exactOptional(z.array(bytes)),
  checkInPins: z.exactOptional(z.array(bytes)),
  allowHttp: z.exactOptional(flag),
});
export type Management = z.infer<typeof management>;

const identity = z.object({ certificate: bytes, chain: z.exactOptional(z.array(bytes)), key: keyRef });
export type SavedIdentity = z.infer<typeof identity>;

const payloadSummary = z.object({
  type: text,
  identifier: text,
  uuid: text,
  version: z.number(),
  displayName: z.exactOptional(text),
  description: z.exactOptional(text),
  organization: z.exactOptional(text),
  /** The keys that a later profile is held against (MDM and Exchange only). */
  keys: z.exactOptional(z.record(text, z.unknown())),
});
export type PayloadSummary = z.infer<typeof payloadSummary>;

const heldCertificate = z.object({ uuid: text, der: bytes, key: z.exactOptional(keyRef) });
export type HeldCertificate = z.infer<typeof heldCertificate>;

const installedProfile = z.object({
  identifier: text,
  uuid: text,
  version: z.number(),
  displayName: z.exactOptional(text),
  description: z.exactOptional(text),
  organization: z.exactOptional(text),
  removalDisallowed: z.exactOptional(flag),
  hasRemovalPasscode: z.exactOptional(flag),
  isEncrypted: z.exactOptional(flag),
  signers: z.exactOptional(z.array(bytes)),
  /** When it goes by itself, in milliseconds since the epoch. */
  removeAt: z.exactOptional(z.number()),
  /** Identifier of the declaration that brought it, where one did. */
  declaration: z.exactOptional(text),
  payloads: z.array(payloadSummary),
  /** Names of the holdings that came with it. */
  holdings: texts,
  certificates: z.array(heldCertificate),
});
export type InstalledProfile = z.infer<typeof installedProfile>;

const managedApp = z.object({
  id: text,
  status: text,
  name: text,
  version: text,
  sizeBytes: z.number(),
  flags: z.number(),
  storeId: z.exactOptional(z.number()),
  /** Apple's Configuration and Attributes dictionaries, kept as plain values. */
  configuration: z.exactOptional(z.record(text, z.unknown())),
  attributes: z.exactOptional(z.record(text, z.unknown())),
});
export type ManagedApp = z.infer<typeof managedApp>;

const provisioningProfile = z.object({ uuid: text, name: text, expiresAt: z.exactOptional(z.number()) });
export type ProvisioningProfile = z.infer<typeof provisioningProfile>;

const settings = z.object({
  organization: z.exactOptional(z.record(text, text)),
  activationLockAllowed: z.exactOptional(flag),
  bypassCodeCleared: z.exactOptional(flag),
  dataRoaming: z.exactOptional(flag),
  voiceRoaming: z.exactOptional(flag),
  personalHotspot: z.exactOptional(flag),
  bluetooth: z.exactOptional(flag),
  diagnosticSubmission: z.exactOptional(flag),
  appAnalytics: z.exactOptional(flag),
  gracePeriodSeconds: z.exactOptional(z.number()),
  timeZone: z.exactOptional(text),
  recommendationCadence: z.exactOptional(z.number()),
  accessibility: z.exactOptional(z.record(text, z.union([flag, z.number()]))),
  /** Which screens a wallpaper was set for (1 lock, 2 home, 3 both) and the image's SHA-256. */
  wallpaper: z.exactOptional(z.object({ where: z.number(), sha256: bytes })),
});
export type SavedSettings = z.infer<typeof settings>;

const update = z.object({
  version: text,
  build: text,
  action: text,
  status: text,
  downloaded: flag,
});
export type PendingUpdate = z.infer<typeof update>;

const reason = z.object({
  code: text,
  description: z.exactOptional(text),
  details: z.exactOptional(z.record(text, z.unknown())),
});
export type SavedReason = z.infer<typeof reason>;

const declaration = z.object({
  kind: z.enum(['activation', 'configuration', 'asset', 'management']),
  identifier: text,
  serverToken: text,
  type: text,
  payload: z.record(text, z.unknown()),
  active: flag,
  valid: z.enum(['unknown', 'valid', 'invalid']),
  reasons: z.array(reason),
});
export type SavedDeclaration = z.infer<typeof declaration>;

const declarations = z.object({
  /** The DeclarationsToken last synchronised; absent before the first synchronisation. */
  token: z.exactOptional(text),
  /** A synchronisation is owed: the DeclarationsToken that the authority announced, or "" when it named none. */
  due: z.exactOptional(text),
  /** SHA-256 of what the authority was last told, in hexadecimal; absent until it has taken a status report. */
  reported: z.exactOptional(text),
  /** By status item that is a list: the identifiers of the elements last told, so that those that went are told. */
  listed: z.exactOptional(z.record(text, texts)),
  /** Something of what is held waits, or could not be fetched: the next session tries it again. */
  again: z.exactOptional(flag),
  declarations: z.array(declaration),
});
export type SavedDeclarations = z.infer<typeof declarations>;

const iosData = z.object({
  management,
  identity,
  pushToken: bytes,
  pushMagic: text,
  /** The UnlockToken is grown from this seed; absent when the authority may not clear the passcode. */
  unlockSeed: z.exactOptional(bytes),
  awaitingConfiguration: z.exactOptional(flag),
  /** Check-in messages that the authority has yet to hear: Authenticate and then TokenUpdate, or the latter alone. */
  owes: z.exactOptional(z.enum(['Authenticate', 'TokenUpdate'])),
  /** What a renewal takes the place of, until the authority has taken the new identity: it is good until then. */
  former: z.exactOptional(z.object({ management, identity })),
  profiles: z.array(installedProfile),
  apps: z.exactOptional(z.array(managedApp)),
  provisioning: z.exactOptional(z.array(provisioningProfile)),
  settings: z.exactOptional(settings),
  update: z.exactOptional(update),
  ddm: z.exactOptional(declarations),
  /** A result that could not be sent; the next session begins with it. */
  unsent: z.exactOptional(bytes),
});
export type IosData = z.infer<typeof iosData>;

/** Checks such data when it is read, and before it is stored. */
export const { trust, read: readIosData } = savedForm<IosData>('iOS', iosData);
